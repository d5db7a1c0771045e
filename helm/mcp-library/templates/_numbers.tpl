{{/* Written by `make reference` from the kit's graceful shutdown. */}}
{{- define "mcp-library.port" -}}8000{{- end }}
{{- define "mcp-library.metricsPort" -}}9000{{- end }}
{{- define "mcp-library.preStopSeconds" -}}5{{- end }}
{{- define "mcp-library.graceSeconds" -}}25{{- end }}
