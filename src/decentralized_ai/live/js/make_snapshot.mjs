// node make_snapshot.mjs <folder of pyodide> <out>: the memory of a Python that has just started.
//
// worker.js restores it in a fraction of the time of a start. It must be made with the very files
// of Pyodide that the site carries (Pyodide checks this). Numpy is not inside: Pyodide cannot
// restore compiled extensions.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, out] = process.argv.slice(2);
if (!out) throw new Error("usage: node make_snapshot.mjs <folder of pyodide> <out>");
const home = resolve(folder);
const { loadPyodide } = await import(pathToFileURL(`${home}/pyodide.mjs`).href);
const python = await loadPyodide({ _makeSnapshot: true, indexURL: home });
// What the package and numpy import of the standard library, so that it need not be read again.
python.runPython(`
import argparse, ast, collections.abc, dataclasses, datetime, difflib, heapq, importlib.metadata
import inspect, json, math, pathlib, pickle, platform, random, shutil, statistics, tempfile, typing
import zipfile
`);
await writeFile(out, python.makeMemorySnapshot());
