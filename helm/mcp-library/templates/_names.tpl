{{/* In helm/fleet every name ends with that of its chart, so that no two servers share one. */}}
{{- define "mcp-library.fullname" -}}
{{- $name := include "mcp-library.name" . -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}
{{- else if and .Chart.IsRoot (contains $name .Release.Name) }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" (.Release.Name | trunc (max 1 (sub 51 (len $name)) | int) | trimSuffix "-") $name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "mcp-library.namespace" -}}
{{ .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{- define "mcp-library.name" -}}
{{ .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{/* Labels that stay the same between upgrades, as a Deployment's selector is immutable. */}}
{{- define "mcp-library.selector" -}}
app.kubernetes.io/name: {{ include "mcp-library.name" . }}
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

{{- define "mcp-library.registry" -}}
{{ .Values.global.imageRegistry | default .Values.image.registry }}
{{- end }}

{{- define "mcp-library.repository" -}}
{{ include "mcp-library.registry" . }}/{{ .Values.image.repository | default (printf "mcp-%s" .Chart.Name) }}
{{- end }}

{{- define "mcp-library.image" -}}
{{- $image := .Values.image -}}
{{- $name := include "mcp-library.repository" . -}}
{{- if $image.digest }}{{ $name }}@{{ $image.digest }}{{ else }}{{ $name }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The image of `migrate`, in the same repository; its digest is another. */}}
{{- define "mcp-library.ownerImage" -}}
{{- $image := .Values.image -}}
{{- $own := .Values.migration.image -}}
{{- if and $image.digest (not (or $own.digest $own.tag)) }}
{{- fail "migration.image.digest is missing: image.digest is that of the image that serves. Use the digest in owner-image-digest of the release." }}
{{- end }}
{{- $name := include "mcp-library.repository" . -}}
{{- if $own.digest }}{{ $name }}@{{ $own.digest }}{{ else }}{{ $name }}:{{ $own.tag | default (printf "%s-owner" ($image.tag | default .Chart.AppVersion)) }}{{ end }}
{{- end }}

{{- define "mcp-library.secretName" -}}
{{ .Values.secrets.name | default (include "mcp-library.fullname" .) }}
{{- end }}

{{- define "mcp-library.migrationSecretName" -}}
{{ .Values.migration.secret | default (printf "%s-owner" (include "mcp-library.fullname" .)) }}
{{- end }}

{{- define "mcp-library.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "mcp-library.fullname" .) "default") }}
{{- end }}

{{/* The migration runs before other objects exist, so it cannot use an account that the release creates for servers. */}}
{{- define "mcp-library.jobServiceAccountName" -}}
{{- $account := .Values.jobs.serviceAccount -}}
{{- if $account.name }}{{ $account.name }}
{{- else if $account.create }}{{ include "mcp-library.fullname" . }}-jobs
{{- else }}{{ .Values.serviceAccount.create | ternary "default" (include "mcp-library.serviceAccountName" .) }}{{ end }}
{{- end }}

{{/* The host of the public URL, which the server requires in the Host header. */}}
{{- define "mcp-library.host" -}}
{{ (urlParse .Values.settings.public_url).hostname }}
{{- end }}
