{{/* OpenShift's restricted-v2 gives each namespace its users and groups, and refuses others. */}}
{{- define "mcp-library.securityContext" -}}
{{- $adapt := (index . 0).Values.global.compatibility.openshift.adaptSecurityContext -}}
{{- if or (eq $adapt "force") (and (eq $adapt "auto") ((index . 0).Capabilities.APIVersions.Has "security.openshift.io/v1")) -}}
{{ toYaml (omit (index . 1) "runAsUser" "runAsGroup" "fsGroup") }}
{{- else -}}
{{ toYaml (index . 1) }}
{{- end }}
{{- end }}

{{- define "mcp-library.container" -}}
image: {{ include "mcp-library.image" . }}
{{ include "mcp-library.containerBasics" . }}
{{- end }}

{{- define "mcp-library.containerBasics" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "mcp-library.securityContext" (list . .Values.securityContext) | nindent 2 }}
{{- end }}

{{/* Containers from the values, with the server's security context where they have none. */}}
{{- define "mcp-library.containersFromValues" -}}
{{- $default := include "mcp-library.securityContext" (list (index . 0) (index . 0).Values.securityContext) | fromYaml -}}
{{- range index . 1 }}
- {{- toYaml (merge (dict) . (dict "securityContext" (hasKey . "securityContext" | ternary dict $default))) | nindent 2 }}
{{- end }}
{{- end }}

{{- define "mcp-library.podBasics" -}}
{{- include "mcp-library.podSettings" (list . .Values) }}
{{- end }}

{{- define "mcp-library.jobBasics" -}}
{{- $settings := dict "affinity" .Values.jobs.affinity }}
{{- range $name := list "nodeSelector" "tolerations" "priorityClassName" }}
{{- $_ := set $settings $name (get $.Values.jobs $name | default (get $.Values $name)) }}
{{- end }}
{{- include "mcp-library.podSettings" (list . (merge $settings (pick .Values "runtimeClassName" "schedulerName" "dnsPolicy" "dnsConfig" "hostAliases"))) }}
{{- end }}

{{- define "mcp-library.podSettings" -}}
{{- $values := (index . 0).Values -}}
automountServiceAccountToken: {{ $values.automountServiceAccountToken }}
enableServiceLinks: false
securityContext:
  {{- include "mcp-library.securityContext" (list (index . 0) $values.podSecurityContext) | nindent 2 }}
{{- with concat $values.global.imagePullSecrets $values.imagePullSecrets | uniq }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $name := list "nodeSelector" "tolerations" "affinity" "priorityClassName" "runtimeClassName" "schedulerName" "dnsPolicy" "dnsConfig" "hostAliases" }}
{{- with get (index $ 1) $name }}
{{ toYaml (dict $name .) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Labels and annotations of the pods of Jobs. */}}
{{- define "mcp-library.jobPodMetadata" -}}
labels:
  {{- include "mcp-library.labels" (index . 0) | nindent 2 }}
  app.kubernetes.io/component: {{ index . 1 }}
  {{- with (index . 0).Values.jobs.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with (index . 0).Values.jobs.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "mcp-library.jobResources" -}}
{{ toYaml (.Values.jobs.resources | default .Values.resources) }}
{{- end }}

{{/* Keys of the server's own Secret: those that `secrets.from` does not take from elsewhere. */}}
{{- define "mcp-library.secretItems" -}}
{{- range concat .Values.secrets.keys .Values.secrets.files }}
{{- if not (hasKey $.Values.secrets.from .) }}
- {key: {{ . }}, path: {{ . }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "mcp-library.hasSecrets" -}}
{{- if include "mcp-library.secretItems" . | trim }}yes{{ end }}
{{- end }}

{{/* Whether any credential is mounted from a Secret. */}}
{{- define "mcp-library.mountsSecrets" -}}
{{- include "mcp-library.hasSecrets" . }}
{{- range .Values.secrets.from }}{{ if .name }}yes{{ end }}{{ end }}
{{- end }}

{{/* The files of credentials: arguments are the name of a Secret, its items, and where others come from. */}}
{{- define "mcp-library.credentials" -}}
projected:
  defaultMode: 0440
  sources:
    {{- with index . 1 | trim }}
    - secret:
        name: {{ index $ 0 }}
        items:
          {{- . | nindent 10 }}
    {{- end }}
    {{- range $name, $source := index . 2 }}
    {{- if $source.name }}
    - secret:
        name: {{ $source.name }}
        items:
          - {key: {{ $source.key | quote }}, path: {{ $name }}}
    {{- end }}
    {{- end }}
{{- end }}

{{- define "mcp-library.serverCredentials" -}}
{{ include "mcp-library.credentials" (list (include "mcp-library.secretName" .) (include "mcp-library.secretItems" .) .Values.secrets.from) }}
{{- end }}

{{- define "mcp-library.ownerCredentials" -}}
{{ include "mcp-library.credentials" (list (include "mcp-library.migrationSecretName" .) (include "mcp-library.ownerItems" .) .Values.migration.from) }}
{{- end }}
