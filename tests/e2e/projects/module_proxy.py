"""A module proxy of files (https://go.dev/ref/mod#goproxy-protocol) with one module: the runtime of the bindings for Go.

Where tests run there may be no proxy to ask. The sources are those that the crate of the generator carries.

Arguments: the module's path, its version, the directory of its sources, the directory of the proxy.
"""

import json
import pathlib
import sys
import zipfile

module, version, sources, proxy = sys.argv[1:]
sources = pathlib.Path(sources)
directory = pathlib.Path(proxy) / module / "@v"
directory.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(directory / f"{version}.zip", "w") as archive:
    for file in sorted(sources.rglob("*")):
        if file.is_file():
            archive.write(file, f"{module}@{version}/{file.relative_to(sources)}")
(directory / f"{version}.mod").write_bytes((sources / "go.mod").read_bytes())
(directory / f"{version}.info").write_text(json.dumps({"Version": version}))
(directory / "list").write_text(f"{version}\n")
