{{/* Pod Security Standards, level restricted. 10001 is the USER of the image. */}}
{{- define "mcp-library.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "mcp-library.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "mcp-library.container" -}}
image: {{ include "mcp-library.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "mcp-library.containerSecurity" . | nindent 2 }}
{{- end }}

{{- define "mcp-library.podBasics" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "mcp-library.podSecurity" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "mcp-library.secretItems" -}}
{{- range $index, $key := concat .Values.secrets.keys .Values.secrets.files }}
{{- if $index }}
{{ end -}}
- {key: {{ $key }}, path: {{ $key }}}
{{- end }}
{{- end }}

{{- define "mcp-library.hasSecrets" -}}
{{- if or .Values.secrets.keys .Values.secrets.files }}yes{{ end }}
{{- end }}
