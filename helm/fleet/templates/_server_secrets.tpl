{{/* The Secrets of one server, with what was generated in `.Kept`. */}}
{{- define "fleet.serverSecrets" -}}
{{- $name := .Chart.Name }}
{{- if .Values.namespaceOverride }}
{{- fail (printf "%s.namespaceOverride: a first try is in one namespace, that of the release" $name) }}
{{- end }}
{{- $store := printf "%s-postgres:5432/%s" (include "fleet.name" .) $name }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "mcp-library.secretName" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
stringData:
  state_keys: {{ .Kept.state_key | quote }}
  audit_anchor_keys: {{ .Kept.anchor_key | quote }}
  redis_url: redis://:{{ .Kept.valkey }}@{{ include "fleet.name" . }}-valkey:6379/0
  {{- if .Values.migration.enabled }}
  {{- range list "reader" "writer" }}
  {{ . }}_url: postgresql://{{ $name }}_{{ . }}@{{ $store }}
  {{ . }}_password: {{ get $.Kept (printf "%s_%s" $name .) | quote }}
  {{- end }}
  {{- end }}
  # The servers know only the hash of the key.
  api_keys_file: |
    ---
    keys:
      {{ (splitList "_" .Kept.api_key) | rest | first | quote }}:
        sha256: {{ sha256sum .Kept.api_key | quote }}
        client_id: first-try
        subject: first-try
        tenant: first-try
        scopes: {{ (include "fleet.servers" . | fromYaml | dig $name "scopes" list) | toJson }}
        expires: {{ .Kept.expires }}
    ...
{{- if .Values.migration.enabled }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "mcp-library.migrationSecretName" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
stringData:
  owner_url: postgresql://{{ $name }}_owner@{{ $store }}
  owner_password: {{ get .Kept (printf "%s_owner" $name) | quote }}
{{- end }}
{{- end }}
