{{- define "mcp-library.serviceMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
    {{- with .Values.metrics.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "mcp-library.selector" . | nindent 6 }}
  endpoints:
    - port: metrics
      path: /metrics
      interval: {{ .Values.metrics.serviceMonitor.interval }}
      {{- with .Values.metrics.serviceMonitor.scrapeTimeout }}
      scrapeTimeout: {{ . }}
      {{- end }}
      {{- if include "mcp-library.metricsApart" . }}
      relabelings:
        # A job is named after its Service, which is `-metrics` here; the alert rules select the name of the release.
        - {targetLabel: job, replacement: {{ include "mcp-library.fullname" . }}}
      {{- end }}
{{- end }}

{{/* The rules without the alerts that a value switches off, and without groups that would be empty. */}}
{{- define "mcp-library.rules" -}}
{{- $object := include "mcp-library.alertRules" . | fromYaml -}}
{{- $groups := list -}}
{{- range $object.spec.groups -}}
{{- $rules := list -}}
{{- range .rules }}{{ if not (has .alert $.Values.metrics.rules.disabled) }}{{ $rules = append $rules . }}{{ end }}{{ end -}}
{{- if $rules }}{{ $groups = append $groups (merge (dict "rules" $rules) .) }}{{ end -}}
{{- end -}}
{{ toYaml (merge (dict "spec" (dict "groups" $groups)) $object) }}
{{- end }}

{{/*
The end of the names that the rules record: no two releases have the same. A namespace has letters, digits and hyphens;
a name may have dots, too, and is the release's own in its namespace.
*/}}
{{- define "mcp-library.recordedSuffix" -}}
{{ include "mcp-library.namespace" . | replace "-" "_" }}:{{ include "mcp-library.fullname" . | replace "-" "_" | replace "." ":" }}
{{- end }}

{{/* The page of this version in the repository whose workflow published the image; elsewhere a value names it. */}}
{{- define "mcp-library.runbookUrl" -}}
{{- $registry := include "mcp-library.registry" . -}}
{{- if .Values.metrics.rules.runbookUrl }}{{ .Values.metrics.rules.runbookUrl }}
{{- else if hasPrefix "ghcr.io/" $registry -}}
https://github.com/{{ trimPrefix "ghcr.io/" $registry }}/blob/{{ .Chart.Name }}-v{{ .Chart.AppVersion }}/docs/runbook.md
{{- else -}}
https://docs.example.com/mcp-fleet/runbook.md
{{- end }}
{{- end }}
