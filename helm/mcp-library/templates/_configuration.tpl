{{/* The ConfigMap with the policy files, if there is a policy. */}}
{{- define "mcp-library.policyConfigMap" -}}
{{- if .Values.existingPolicyConfigMap }}{{ .Values.existingPolicyConfigMap }}
{{- else if or .Values.policy .Values.policies }}{{ include "mcp-library.fullname" . }}-policy{{ end }}
{{- end }}

{{- define "mcp-library.policy" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "mcp-library.policyConfigMap" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
data:
  {{- with .Values.policy }}
  {{- include "mcp-library.policyFile" (dict "name" "policy" "policy" .) | nindent 2 }}
  {{- end }}
  {{- range $team, $policy := .Values.policies }}
  {{- include "mcp-library.policyFile" (dict "name" $team "policy" $policy) | nindent 2 }}
  {{- end }}
{{- end }}

{{- /* A file that says where it ends, so that the server notices one that was cut off. */ -}}
{{- define "mcp-library.policyFile" -}}
{{ .name }}.yaml: |
  ---
  {{- toYaml .policy | nindent 2 }}
  ...
{{- end }}

{{- define "mcp-library.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "mcp-library.serviceAccountName" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  {{- with .Values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}

{{- define "mcp-library.jobServiceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "mcp-library.jobServiceAccountName" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  annotations:
    {{- include "mcp-library.beforeMigration" . | nindent 4 }}
    {{- with .Values.jobs.serviceAccount.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
automountServiceAccountToken: false
{{- end }}
