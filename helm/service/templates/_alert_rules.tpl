{{- define "service.alertRules" -}}
{{- end }}
