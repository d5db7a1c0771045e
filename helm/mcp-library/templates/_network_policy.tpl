{{/* Allows only the listed connections. An empty list of peers would allow all, so its rule is left out. */}}
{{- define "mcp-library.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "mcp-library.serverSelector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        - {port: http, protocol: TCP}
      from:
        - podSelector:
            matchLabels:
              # Of any release: the Service of one may call the pods of another (`service.release`).
              app.kubernetes.io/name: {{ include "mcp-library.name" . }}
              app.kubernetes.io/component: test
        {{- with .Values.networkPolicy.from }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- if and .Values.metrics.enabled .Values.networkPolicy.metricsFrom }}
    - ports:
        - {port: metrics, protocol: TCP}
      from:
        {{- toYaml .Values.networkPolicy.metricsFrom | nindent 8 }}
    {{- end }}
  egress:
    {{- include "mcp-library.egressToNames" . | nindent 4 }}
    {{- range $name, $_ := .Values.networkPolicy.to }}
    {{- include "mcp-library.egressTo" (list $ $name) | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "mcp-library.migrationNetworkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "mcp-library.fullname" . }}-migrate
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  annotations:
    {{- include "mcp-library.beforeMigration" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "mcp-library.selector" . | nindent 6 }}
      app.kubernetes.io/component: migration
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "mcp-library.egressToNames" . | nindent 4 }}
    {{- include "mcp-library.egressTo" (list . "postgres") | nindent 4 }}
{{- end }}

{{- define "mcp-library.egressToNames" -}}
- ports:
    {{- range .Values.networkPolicy.dnsPorts }}
    - {port: {{ . }}, protocol: UDP}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
{{- end }}

{{- define "mcp-library.egressTo" -}}
{{- with index (index . 0).Values.networkPolicy.to (index . 1) }}
{{- if .peers -}}
- ports:
    {{- range .ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  to:
    {{- toYaml .peers | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}
