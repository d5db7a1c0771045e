{{/* What Helm prints after an installation. */}}
{{- define "mcp-library.notes" -}}
{{ .Chart.Name }} {{ .Chart.AppVersion }}: {{ .Values.settings.public_url }}
{{- if not (or .Values.ingress.enabled .Values.httpRoute.enabled) }}
  Reachable inside the cluster only: ingress.enabled and httpRoute.enabled are false.
{{- end }}
  kubectl rollout status {{ include "mcp-library.workloadKind" . | trim | lower }}/{{ include "mcp-library.fullname" . }} --namespace {{ include "mcp-library.namespace" . }}
{{- end }}
