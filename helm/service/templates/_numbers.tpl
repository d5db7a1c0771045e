{{/* Written by `make reference` from the kit's graceful shutdown. */}}
{{- define "service.port" -}}8000{{- end }}
{{- define "service.metricsPort" -}}9000{{- end }}
{{- define "service.preStopSeconds" -}}5{{- end }}
{{- define "service.graceSeconds" -}}25{{- end }}
