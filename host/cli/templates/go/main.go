// {{title}}: what decides is in `delivery`, the action as the host calls it in `bindings`, what talks over `wasi:http` in `post`.
package main

import _ "example.com/{{name}}/bindings/wit_exports"

// The host calls what the world exports, never this.
func main() {}
