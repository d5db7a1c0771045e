{{/* `helm test`: the server is ready, serves its OAuth metadata, and refuses a call without a token. */}}
{{- define "mcp-library.test" -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "mcp-library.fullname" . }}-test
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
    app.kubernetes.io/component: test
    {{- with .Values.jobs.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    {{- with .Values.jobs.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  {{- include "mcp-library.jobBasics" . | nindent 2 }}
  restartPolicy: Never
  containers:
    - name: test
      {{- include "mcp-library.container" . | nindent 6 }}
      command: [python, -c]
      args:
        - |
          from http.client import HTTPConnection

          def status(method, path, body=None):
              connection = HTTPConnection("{{ include "mcp-library.fullname" . }}", {{ .Values.service.port }}, timeout=10)
              headers = {"Host": "{{ (urlParse .Values.settings.public_url).host }}", "Content-Type": "application/json"}
              connection.request(method, path, body, headers)
              return connection.getresponse().status

          wanted = {
              ("GET", "/ready"): 200,
              ("GET", "/.well-known/oauth-protected-resource/mcp"): 200,
              ("POST", "/mcp"): 401,
          }
          found = {call: status(*call, "{}" if call[0] == "POST" else None) for call in wanted}
          assert found == wanted, found
          print("ready, metadata served, calls without a token refused")
      resources:
        requests: {cpu: 50m, memory: 64Mi}
        limits: {memory: 64Mi}
{{- end }}
