{{/* Allows only the listed connections. An empty list of peers would allow all, so its rule is left out. */}}
{{- define "service.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "service.fullname" . }}
  labels:
    {{- include "service.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "service.serverSelector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        - {port: http, protocol: TCP}
      from:
        - podSelector:
            matchLabels:
              {{- include "service.selector" . | nindent 14 }}
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
    {{- include "service.egressToNames" . | nindent 4 }}
    {{- range $name, $_ := .Values.networkPolicy.to }}
    {{- include "service.egressTo" (list $ $name) | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "service.migrationNetworkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "service.fullname" . }}-migrate
  labels:
    {{- include "service.labels" . | nindent 4 }}
  annotations:
    {{- include "service.beforeUpgrade" "-10" | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "service.selector" . | nindent 6 }}
      app.kubernetes.io/component: migration
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "service.egressToNames" . | nindent 4 }}
    {{- include "service.egressTo" (list . "postgres") | nindent 4 }}
{{- end }}

{{- define "service.egressToNames" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
  to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
{{- end }}

{{- define "service.egressTo" -}}
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
