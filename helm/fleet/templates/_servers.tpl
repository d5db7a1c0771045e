{{/* Written by `make reference`: ports for `kubectl port-forward`, and scopes of the API key. */}}
{{- define "fleet.servers" -}}
github: {port: 8103, scopes: ["github:read", "github:write", "github:merge", "github:security"]}
orders: {port: 8101, scopes: ["orders:read", "orders:write", "orders:approve"]}
ticketing: {port: 8102, scopes: ["tickets:read", "tickets:write", "tickets:reply"]}
weather: {port: 8104, scopes: ["weather:read", "weather:write"]}
{{- end }}
