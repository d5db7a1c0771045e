{{- define "mcp-library.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
    {{- with .Values.service.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .Values.service.type }}
  {{- range $name := list "clusterIP" "externalTrafficPolicy" "internalTrafficPolicy" "trafficDistribution" "loadBalancerClass" "loadBalancerSourceRanges" }}
  {{- with get $.Values.service $name }}
  {{- toYaml (dict $name .) | nindent 2 }}
  {{- end }}
  {{- end }}
  {{- include "mcp-library.ipFamilies" . | nindent 2 }}
  selector:
    {{- $selected := include "mcp-library.serverSelector" . | fromYaml }}
    {{- with .Values.service.release }}{{ $_ := set $selected "app.kubernetes.io/instance" . }}{{ end }}
    {{- toYaml $selected | nindent 4 }}
  ports:
    - name: http
      port: {{ .Values.service.port }}
      targetPort: http
      appProtocol: http
      {{- with .Values.service.nodePort }}
      nodePort: {{ . }}
      {{- end }}
    {{- if and .Values.metrics.enabled (not (include "mcp-library.metricsApart" .)) }}
    {{- include "mcp-library.metricsServicePort" . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "mcp-library.ipFamilies" -}}
{{- range $name := list "ipFamilyPolicy" "ipFamilies" }}
{{- with get $.Values.service $name }}
{{ toYaml (dict $name .) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mcp-library.metricsServicePort" -}}
- {name: metrics, port: {{ include "mcp-library.metricsPort" . }}, targetPort: metrics, appProtocol: http}
{{- end }}

{{/* A Service that is reached from outside, or calls another release, has no port for the metrics of this one. */}}
{{- define "mcp-library.metricsApart" -}}
{{- if or .Values.service.release (ne .Values.service.type "ClusterIP") }}true{{ end }}
{{- end }}

{{- define "mcp-library.metricsService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "mcp-library.fullname" . }}-metrics
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  {{- include "mcp-library.ipFamilies" . | nindent 2 }}
  selector:
    {{- include "mcp-library.serverSelector" . | nindent 4 }}
  ports:
    {{- include "mcp-library.metricsServicePort" . | nindent 4 }}
{{- end }}

{{/* Public paths: the endpoint, its OAuth metadata and the page for people. Health and metrics stay inside the cluster. */}}
{{- define "mcp-library.publicPaths" -}}
- {path: /, type: Exact}
- {path: /portal, type: Prefix}
{{- if eq (toString .Values.settings.sse) "true" }}
- {path: /sse, type: Exact}
- {path: /messages, type: Exact}
{{- end }}
- {path: /mcp, type: Exact}
- {path: /mcp/, type: Exact}
- {path: /.well-known/oauth-protected-resource, type: Prefix}
{{- end }}

{{- define "mcp-library.ingress" -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  {{- with .Values.ingress.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- $hosts := .Values.ingress.hosts | default (list (include "mcp-library.host" .)) }}
  {{- with .Values.ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with .Values.ingress.tls }}
  tls:
    {{- range . }}
    - {{- toYaml (merge (dict) . (dict "hosts" $hosts)) | nindent 6 }}
    {{- end }}
  {{- end }}
  rules:
    {{- range $hosts }}
    - host: {{ . }}
      http:
        paths:
          {{- range include "mcp-library.publicPaths" $ | fromYamlArray }}
          - path: {{ .path }}
            pathType: {{ .type }}
            backend: {service: {name: {{ include "mcp-library.fullname" $ }}, port: {name: http}}}
          {{- end }}
    {{- end }}
{{- end }}

{{- define "mcp-library.httpRoute" -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  {{- with .Values.httpRoute.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  hostnames:
    {{- toYaml (.Values.httpRoute.hostnames | default (list (include "mcp-library.host" .))) | nindent 4 }}
  parentRefs:
    {{- toYaml .Values.httpRoute.parentRefs | nindent 4 }}
  rules:
    - matches:
        {{- range include "mcp-library.publicPaths" . | fromYamlArray }}
        - path: {type: {{ eq .type "Exact" | ternary "Exact" "PathPrefix" }}, value: {{ .path }}}
        {{- end }}
      # 0s disables the timeout: event streams stay open, and the server enforces its own deadlines.
      timeouts: {request: 0s, backendRequest: 0s}
      backendRefs:
        - {name: {{ include "mcp-library.fullname" . }}, port: {{ .Values.service.port }}, weight: {{ .Values.httpRoute.weight }}}
        {{- with .Values.httpRoute.backendRefs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}
