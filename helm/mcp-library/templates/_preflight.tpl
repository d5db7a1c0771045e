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

{{/* Pods at the same time: a rollout of a Deployment adds one. Empty where another autoscaler decides. */}}
{{- define "mcp-library.mostPods" -}}
{{- with .Values.autoscaling.enabled | ternary .Values.autoscaling.maxReplicas .Values.replicas | int -}}
{{- $.Values.audit.enabled | ternary . (add1 .) -}}
{{- end -}}
{{- end }}
