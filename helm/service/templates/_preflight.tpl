{{/* Checks stores, rights, migrations, issuer and files with what the server will use. */}}
{{- define "service.preflight" -}}
- name: preflight
  {{- include "service.container" . | nindent 2 }}
  args: [check, --pods, {{ include "service.mostPods" . | quote }}, --timeout, {{ .Values.preflight.timeoutSeconds | quote }}]
  env:
    {{- include "service.serverVariables" . | nindent 4 }}
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  volumeMounts:
    {{- include "service.serverMounts" . | nindent 4 }}
{{- end }}

{{/* Pods at the same time: a rollout of a Deployment adds one. */}}
{{- define "service.mostPods" -}}
{{- $pods := .Values.autoscaling.enabled | ternary .Values.autoscaling.maxReplicas .Values.replicas | int -}}
{{- .Values.audit.enabled | ternary $pods (add1 $pods) -}}
{{- end }}
