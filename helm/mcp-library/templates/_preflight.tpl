{{/* Checks stores, rights, migrations, issuer and files with what the server will use. */}}
{{- define "mcp-library.preflight" -}}
- name: preflight
  {{- include "mcp-library.container" . | nindent 2 }}
  args: [check, {{ with include "mcp-library.mostPods" . }}--pods, {{ . | quote }}, {{ end }}--timeout, {{ .Values.preflight.timeoutSeconds | quote }}]
  env:
    {{- include "mcp-library.serverVariables" . | nindent 4 }}
  {{- include "mcp-library.environmentFrom" .Values.envFrom | nindent 2 }}
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  volumeMounts:
    {{- include "mcp-library.serverMounts" . | nindent 4 }}
{{- end }}

{{/* Whether pods wait in it: it also waits for a migration that does not run before them. */}}
{{- define "mcp-library.runsPreflight" -}}
{{- if or .Values.preflight.enabled (and .Values.migration.enabled (eq .Values.migration.as "job")) }}yes{{ end }}
{{- end }}

{{/* Pods at the same time: a rollout of a Deployment adds one. Empty where another autoscaler decides. */}}
{{- define "mcp-library.mostPods" -}}
{{- with .Values.autoscaling.enabled | ternary .Values.autoscaling.maxReplicas .Values.replicas | int -}}
{{- $.Values.audit.enabled | ternary . (add1 .) -}}
{{- end -}}
{{- end }}
