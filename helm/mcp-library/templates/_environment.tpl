{{/* Settings as variables. Lists become words. JSON keeps the digits of large numbers; Go would write an exponent. */}}
{{- define "mcp-library.settingVariables" -}}
{{- $prefix := upper .Chart.Name -}}
{{- range $name, $value := omit .Values.settings "allowed_hosts" }}
{{- if ne (toString $value) "" }}
- name: {{ $prefix }}_{{ upper $name }}
  {{- if kindIs "slice" $value }}
  value: {{ join " " $value | quote }}
  {{- else }}
  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
  {{- end }}
{{- end }}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- range $key := concat .Values.secrets.keys (keys .Values.secrets.from | sortAlpha) | uniq }}
{{- if not (hasSuffix "_file" $key) }}
- name: {{ $prefix }}_{{ upper $key }}_FILE
  value: {{ include "mcp-library.credentialPath" (list $key $.Values.secrets.from "/run/secrets/server") }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mcp-library.credentialPath" -}}
{{- $source := get (index . 1) (index . 0) | default dict -}}
{{ $source.path | default (printf "%s/%s" (index . 2) (index . 0)) }}
{{- end }}

{{- define "mcp-library.environmentFrom" -}}
{{- with . }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Host headers that the server accepts beside that of its public URL, which hosts of ingress and route need. */}}
{{- define "mcp-library.allowedHosts" -}}
{{- $given := get .Values.settings "allowed_hosts" | default list -}}
{{- $accepted := kindIs "string" $given | ternary (regexSplit "[ ,]+" (toString $given | trim) -1) $given -}}
{{- $port := regexFind ":[0-9]+$" (urlParse .Values.settings.public_url).host -}}
{{- range concat (.Values.ingress.enabled | ternary .Values.ingress.hosts list) (.Values.httpRoute.enabled | ternary .Values.httpRoute.hostnames list) -}}
{{- if ne . (include "mcp-library.host" $) }}{{ $accepted = append $accepted (print . $port) }}{{ end -}}
{{- end -}}
{{ join " " ($accepted | uniq) }}
{{- end }}

{{- define "mcp-library.serverVariables" -}}
{{- $prefix := upper .Chart.Name -}}
- name: {{ $prefix }}_HOST
  value: {{ .Values.host | quote }}
- name: {{ $prefix }}_PORT
  value: {{ include "mcp-library.port" . | quote }}
{{- if .Values.metrics.enabled }}
- name: {{ $prefix }}_METRICS_HOST
  value: {{ .Values.host | quote }}
- name: {{ $prefix }}_METRICS_PORT
  value: {{ include "mcp-library.metricsPort" . | quote }}
{{- end }}
{{- with include "mcp-library.allowedHosts" . }}
- name: {{ $prefix }}_ALLOWED_HOSTS
  value: {{ . | quote }}
{{- end }}
{{- range $file := concat .Values.secrets.files (keys .Values.secrets.from | sortAlpha) | uniq }}
{{- if hasSuffix "_file" $file }}
- name: {{ $prefix }}_{{ upper $file }}
  value: {{ include "mcp-library.credentialPath" (list $file $.Values.secrets.from "/run/secrets/server") }}
{{- end }}
{{- end }}
{{- if .Values.audit.enabled }}
- name: {{ $prefix }}_AUDIT_FILE
  value: /var/lib/audit/trail.jsonl
{{- if not (hasKey .Values.settings "audit_file_max_total") }}
- name: {{ $prefix }}_AUDIT_FILE_MAX_TOTAL
  value: {{ include "mcp-library.auditTotal" . | quote }}
{{- end }}
{{- end }}
{{- if include "mcp-library.policyConfigMap" . }}
- name: {{ $prefix }}_POLICY_FILE
  value: /etc/policy
{{- end }}
{{- include "mcp-library.settingVariables" . }}
{{- end }}

{{/* Bytes of all audit files: four fifths of their volume, so that it does not fill up. A full one stops all writes. */}}
{{- define "mcp-library.auditTotal" -}}
{{- $units := dict "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- div (mul (regexFind "^[0-9]+" .Values.audit.size | int64) (get $units (regexFind "[MGT]i$" .Values.audit.size)) 4) 5 -}}
{{- end }}
