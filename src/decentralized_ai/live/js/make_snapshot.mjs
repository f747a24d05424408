// node make_snapshot.mjs <folder of pyodide> <out>: the memory of a Python that has just started.
//
// worker.js restores it in a fraction of the time of a start. It must be made with the very files
// of Pyodide that the site carries (Pyodide checks this). Numpy itself is not inside, since Pyodide
// cannot restore compiled extensions; but the bytecode of its Python files is, so that a page
// need not compile them.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, out] = process.argv.slice(2);
if (!out) throw new Error("usage: node make_snapshot.mjs <folder of pyodide> <out>");
const home = resolve(folder);
const { loadPyodide } = await import(pathToFileURL(`${home}/pyodide.mjs`).href);
const wheel = (await readdir(home)).find((name) => name.startsWith("numpy-"));

// A plain start tells which of numpy's files an import needs, and what they compile to.
const plain = await loadPyodide({ indexURL: home });
plain.unpackArchive(new Uint8Array(await readFile(`${home}/${wheel}`)), "wheel");
plain.runPython(`
import marshal, sys
import numpy, numpy.random, numpy.linalg
code = {
    name: compile(open(module.__file__).read(), module.__file__, "exec", dont_inherit=True)
    for name, module in list(sys.modules.items())
    if name.startswith("numpy") and getattr(module, "__file__", "").endswith(".py")
}
with open("/numpy.code", "wb") as file:
    marshal.dump(code, file)
`);

const python = await loadPyodide({ _makeSnapshot: true, indexURL: home });
python.FS.writeFile("/numpy.code", plain.FS.readFile("/numpy.code"));
python.runPython(`
# What the package and numpy import of the standard library, so that it need not be read again.
import argparse, ast, collections.abc, dataclasses, datetime, difflib, heapq, importlib.metadata
import inspect, json, marshal, math, pathlib, pickle, platform, random, shutil, statistics, sys
import tempfile, typing, zipfile
from importlib import machinery


class Compiled(machinery.SourceFileLoader):
    with open("/numpy.code", "rb") as file:
        code = marshal.load(file)

    def get_code(self, fullname):
        return self.code.pop(fullname, None) or super().get_code(fullname)


sys.path_hooks.insert(
    0,
    machinery.FileFinder.path_hook(
        (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES), (Compiled, [".py"])
    ),
)
sys.path_importer_cache.clear()
`);
await writeFile(out, python.makeMemorySnapshot());
