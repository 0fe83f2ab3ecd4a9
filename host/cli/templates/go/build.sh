#!/bin/sh
# Builds `build/component.wasm`: bindings, a module for WASI 0.1, a component.
set -eu

mkdir -p build
wit-bindgen go wit --world bundle --pkg-name example.com/{{name}}/bindings --out-dir bindings
go mod tidy
# The runtime of the bindings takes memory from Go's own, which the linker allows with `-checklinkname=0` only.
GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w -checklinkname=0" -o build/core.wasm .
palisade generate adapter build/adapter.wasm
wasm-tools component embed wit --world bundle build/core.wasm --output build/embedded.wasm
wasm-tools component new build/embedded.wasm --adapt wasi_snapshot_preview1=build/adapter.wasm --output build/component.wasm
