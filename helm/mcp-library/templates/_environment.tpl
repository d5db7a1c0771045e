{{/* Settings as variables. Lists become words. JSON keeps the digits of large numbers; Go would write an exponent. */}}
{{- define "mcp-library.settingVariables" -}}
{{- $prefix := upper .Chart.Name -}}
{{- range $name, $value := .Values.settings }}
{{- if ne (toString $value) "" }}
- name: {{ $prefix }}_{{ upper $name }}
  {{- if kindIs "slice" $value }}
  value: {{ join " " $value | quote }}
  {{- else }}
  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
  {{- end }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.environment }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $key := .Values.secrets.keys }}
- name: {{ $prefix }}_{{ upper $key }}_FILE
  value: /run/secrets/server/{{ $key }}
{{- end }}
{{- end }}

{{- define "mcp-library.serverVariables" -}}
{{- $prefix := upper .Chart.Name -}}
- name: {{ $prefix }}_HOST
  value: 0.0.0.0
- name: {{ $prefix }}_PORT
  value: {{ include "mcp-library.port" . | quote }}
{{- if .Values.metrics.enabled }}
- name: {{ $prefix }}_METRICS_HOST
  value: 0.0.0.0
- name: {{ $prefix }}_METRICS_PORT
  value: {{ include "mcp-library.metricsPort" . | quote }}
{{- end }}
{{- range $file := .Values.secrets.files }}
- name: {{ $prefix }}_{{ upper $file }}
  value: /run/secrets/server/{{ $file }}
{{- end }}
{{- if .Values.audit.enabled }}
- name: {{ $prefix }}_AUDIT_FILE
  value: /var/lib/audit/trail.jsonl
{{- if not (hasKey .Values.settings "audit_file_max_total") }}
- name: {{ $prefix }}_AUDIT_FILE_MAX_TOTAL
  value: {{ include "mcp-library.auditTotal" . | quote }}
{{- end }}
{{- end }}
{{- if or .Values.policy .Values.policies }}
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
