{{- define "service.policy" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "service.fullname" . }}-policy
  labels:
    {{- include "service.labels" . | nindent 4 }}
data:
  {{- with .Values.policy }}
  {{- include "service.policyFile" (dict "name" "policy" "policy" .) | nindent 2 }}
  {{- end }}
  {{- range $team, $policy := .Values.policies }}
  {{- include "service.policyFile" (dict "name" $team "policy" $policy) | nindent 2 }}
  {{- end }}
{{- end }}

{{- /* A file that says where it ends, so that the server notices one that was cut off. */ -}}
{{- define "service.policyFile" -}}
{{ .name }}.yaml: |
  ---
  {{- toYaml .policy | nindent 2 }}
  ...
{{- end }}

{{- define "service.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "service.fullname" . }}
  labels:
    {{- include "service.labels" . | nindent 4 }}
  {{- with .Values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
