//go:build pinned

// Names the program, so that `go mod tidy` keeps its checksums in go.sum.
package pinned

import _ "github.com/Shopify/toxiproxy/v2/cmd/server"
