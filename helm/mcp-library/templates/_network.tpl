{{- define "mcp-library.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "mcp-library.serverSelector" . | nindent 4 }}
  ports:
    - {name: http, port: 80, targetPort: http, appProtocol: http}
    {{- if .Values.metrics.enabled }}
    - {name: metrics, port: {{ include "mcp-library.metricsPort" . }}, targetPort: metrics, appProtocol: http}
    {{- end }}
{{- end }}

{{/* Public paths: the endpoint, its OAuth metadata and the landing page. Health and metrics stay inside the cluster. */}}
{{- define "mcp-library.publicPaths" -}}
- {path: /, type: Exact}
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
  ingressClassName: {{ .Values.ingress.className }}
  {{- with .Values.ingress.tlsSecret }}
  tls:
    - hosts: [{{ include "mcp-library.host" $ }}]
      secretName: {{ . }}
  {{- end }}
  rules:
    - host: {{ include "mcp-library.host" . }}
      http:
        paths:
          {{- range include "mcp-library.publicPaths" . | fromYamlArray }}
          - path: {{ .path }}
            pathType: {{ .type }}
            backend: {service: {name: {{ include "mcp-library.fullname" $ }}, port: {name: http}}}
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
  hostnames: [{{ include "mcp-library.host" . }}]
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
        - {name: {{ include "mcp-library.fullname" . }}, port: 80}
{{- end }}
