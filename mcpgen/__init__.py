"""mcpgen: one manifest in, a complete MCP server and a typed client out."""
