{{/* The server's secrets. With a migration they are created by a hook too, since its Job runs before other objects. */}}
{{- define "mcp-library.externalSecret" -}}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ include "mcp-library.secretName" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  {{- if .Values.migration.enabled }}
  annotations:
    {{- include "mcp-library.beforeMigration" . | nindent 4 }}
  {{- end }}
spec:
  refreshInterval: {{ .Values.secrets.external.refreshInterval }}
  secretStoreRef:
    {{- toYaml .Values.secrets.external.store | nindent 4 }}
  target: {name: {{ include "mcp-library.secretName" . }}, creationPolicy: Orphan}
  data:
    {{- range include "mcp-library.secretItems" . | fromYamlArray }}
    - secretKey: {{ .key }}
      remoteRef: {key: {{ $.Values.secrets.external.remoteKey | default (include "mcp-library.fullname" $) }}, property: {{ .key }}}
    {{- end }}
{{- end }}

{{- define "mcp-library.migrationExternalSecret" -}}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ include "mcp-library.migrationSecretName" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  annotations:
    {{- include "mcp-library.beforeMigration" . | nindent 4 }}
spec:
  refreshInterval: {{ .Values.secrets.external.refreshInterval }}
  secretStoreRef:
    {{- toYaml .Values.secrets.external.store | nindent 4 }}
  target: {name: {{ include "mcp-library.migrationSecretName" . }}, creationPolicy: Orphan}
  data:
    {{- range include "mcp-library.ownerItems" . | fromYamlArray }}
    - secretKey: {{ .key }}
      remoteRef:
        key: {{ $.Values.migration.external.remoteKey | default (printf "%s-owner" (include "mcp-library.fullname" $)) }}
        property: {{ .key }}
    {{- end }}
{{- end }}
