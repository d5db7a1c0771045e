{{/* The server's secrets. With a migration they are created by a hook too, since its Job runs before other objects. */}}
{{- define "service.externalSecret" -}}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ include "service.secretName" . }}
  labels:
    {{- include "service.labels" . | nindent 4 }}
  {{- if .Values.migration.enabled }}
  annotations:
    {{- include "service.beforeUpgrade" "-10" | nindent 4 }}
  {{- end }}
spec:
  refreshInterval: {{ .Values.secrets.external.refreshInterval }}
  secretStoreRef:
    {{- toYaml .Values.secrets.external.store | nindent 4 }}
  target: {name: {{ include "service.secretName" . }}, creationPolicy: Orphan}
  data:
    {{- range include "service.secretItems" . | fromYamlArray }}
    - secretKey: {{ .key }}
      remoteRef: {key: {{ $.Values.secrets.external.remoteKey | default (include "service.fullname" $) }}, property: {{ .key }}}
    {{- end }}
{{- end }}

{{- define "service.migrationExternalSecret" -}}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ include "service.migrationSecretName" . }}
  labels:
    {{- include "service.labels" . | nindent 4 }}
  annotations:
    {{- include "service.beforeUpgrade" "-10" | nindent 4 }}
spec:
  refreshInterval: {{ .Values.secrets.external.refreshInterval }}
  secretStoreRef:
    {{- toYaml .Values.secrets.external.store | nindent 4 }}
  target: {name: {{ include "service.migrationSecretName" . }}, creationPolicy: Orphan}
  data:
    {{- range .Values.migration.keys }}
    - secretKey: {{ . }}
      remoteRef:
        key: {{ $.Values.migration.external.remoteKey | default (printf "%s-owner" (include "service.fullname" $)) }}
        property: {{ . }}
    {{- end }}
{{- end }}
