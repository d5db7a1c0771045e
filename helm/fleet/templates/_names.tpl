{{/* Names of the bundled stores. A StatefulSet adds to them, and a label may have 63 characters. */}}
{{- define "fleet.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "fleet.secretName" -}}
{{ include "fleet.name" . }}-first-try
{{- end }}

{{/* Arguments: the context, and the store. */}}
{{- define "fleet.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{- define "fleet.labels" -}}
{{ include "fleet.selector" . }}
app.kubernetes.io/component: store
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- end }}

{{- define "fleet.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "mcp-library.pullSecrets" .Values.global.imagePullSecrets | fromYamlArray }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 999
  runAsGroup: 999
  fsGroup: 999
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "fleet.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}
