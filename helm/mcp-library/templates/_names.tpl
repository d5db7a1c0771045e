{{/* In helm/fleet every name ends with that of its chart, so that no two servers share one. */}}
{{- define "mcp-library.fullname" -}}
{{- if and .Chart.IsRoot (contains .Chart.Name .Release.Name) }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" (.Release.Name | trunc (sub 51 (len .Chart.Name) | int) | trimSuffix "-") .Chart.Name }}{{ end }}
{{- end }}

{{/* Labels that stay the same between upgrades, as a Deployment's selector is immutable. */}}
{{- define "mcp-library.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mcp-library.serverSelector" -}}
{{ include "mcp-library.selector" . }}
app.kubernetes.io/component: server
{{- end }}

{{- define "mcp-library.labels" -}}
{{ include "mcp-library.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: mcp-fleet
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end }}

{{- define "mcp-library.image" -}}
{{- $image := .Values.image -}}
{{- $name := printf "%s/%s" $image.registry ($image.repository | default (printf "mcp-%s" .Chart.Name)) -}}
{{- if $image.digest }}{{ $name }}@{{ $image.digest }}{{ else }}{{ $name }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "mcp-library.secretName" -}}
{{ .Values.secrets.name | default (include "mcp-library.fullname" .) }}
{{- end }}

{{- define "mcp-library.migrationSecretName" -}}
{{ .Values.migration.secret | default (printf "%s-owner" (include "mcp-library.fullname" .)) }}
{{- end }}

{{/* The host of the public URL, which the server requires in the Host header. */}}
{{- define "mcp-library.host" -}}
{{ (urlParse .Values.settings.public_url).hostname }}
{{- end }}
