{{/* An audit trail in a file needs a volume for each pod, which only a StatefulSet provides. */}}
{{- define "mcp-library.workloadKind" -}}
{{ .Values.audit.enabled | ternary "StatefulSet" "Deployment" }}
{{- end }}

{{- define "mcp-library.workload" -}}
apiVersion: apps/v1
kind: {{ include "mcp-library.workloadKind" . }}
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
  {{- with .Values.deploymentAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if and .Values.replicas (not .Values.autoscaling.enabled) }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "mcp-library.serverSelector" . | nindent 6 }}
  {{- if .Values.audit.enabled }}
  serviceName: {{ include "mcp-library.fullname" . }}
  podManagementPolicy: Parallel
  # The audit trail outlives the pods that wrote it.
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  volumeClaimTemplates:
    - metadata:
        name: audit
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .Values.audit.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .Values.audit.size }}}}
  {{- else }}
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  {{- end }}
  template:
    metadata:
      labels:
        {{- include "mcp-library.labels" . | nindent 8 }}
        app.kubernetes.io/component: server
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "mcp-library.podBasics" . | nindent 6 }}
      serviceAccountName: {{ include "mcp-library.serviceAccountName" . }}
      terminationGracePeriodSeconds: {{ include "mcp-library.graceSeconds" . }}
      topologySpreadConstraints:
        {{- range .Values.topologySpreadConstraints }}
        - {{- toYaml (merge (dict) . (include "mcp-library.spreadDefaults" $ | fromYaml)) | nindent 10 }}
        {{- else }}
        {{- include "mcp-library.spread" (list . "topology.kubernetes.io/zone" .Values.spread.zones) | nindent 8 }}
        {{- include "mcp-library.spread" (list . "kubernetes.io/hostname" .Values.spread.hosts) | nindent 8 }}
        {{- end }}
      {{- if or (include "mcp-library.runsPreflight" .) .Values.initContainers }}
      initContainers:
        {{- include "mcp-library.containersFromValues" (list . .Values.initContainers) | nindent 8 }}
      {{- end }}
      {{- if include "mcp-library.runsPreflight" . }}
        {{- include "mcp-library.preflight" . | nindent 8 }}
      {{- end }}
      containers:
        - name: server
          {{- include "mcp-library.container" . | nindent 10 }}
          env:
            {{- include "mcp-library.serverVariables" . | nindent 12 }}
          {{- include "mcp-library.environmentFrom" .Values.envFrom | nindent 10 }}
          ports:
            - {name: http, containerPort: {{ include "mcp-library.port" . }}}
            {{- if .Values.metrics.enabled }}
            - {name: metrics, containerPort: {{ include "mcp-library.metricsPort" . }}}
            {{- end }}
          {{- range $name := list "startupProbe" "livenessProbe" "readinessProbe" }}
          {{- with get $.Values $name }}
          {{- toYaml (dict $name .) | nindent 10 }}
          {{- end }}
          {{- end }}
          lifecycle:
            # Endpoints drop the pod before SIGTERM. The kubelet sleeps, so the image needs no shell.
            preStop: {sleep: {seconds: {{ include "mcp-library.preStopSeconds" . }}}}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            {{- include "mcp-library.serverMounts" . | nindent 12 }}
        {{- include "mcp-library.containersFromValues" (list . .Values.sidecars) | nindent 8 }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        {{- if include "mcp-library.mountsSecrets" . }}
        - name: secrets
          {{- include "mcp-library.serverCredentials" . | nindent 10 }}
        {{- end }}
        {{- if include "mcp-library.policyConfigMap" . }}
        # A whole directory, as files mounted by subPath are never updated, and the server reloads a changed policy.
        - name: policy
          configMap:
            name: {{ include "mcp-library.policyConfigMap" . }}
        {{- end }}
        {{- with .Values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}

{{- define "mcp-library.serverMounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.audit.enabled }}
- {name: audit, mountPath: /var/lib/audit}
{{- end }}
{{- if include "mcp-library.mountsSecrets" . }}
- {name: secrets, mountPath: /run/secrets/server, readOnly: true}
{{- end }}
{{- if include "mcp-library.policyConfigMap" . }}
- {name: policy, mountPath: /etc/policy, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "mcp-library.spread" -}}
- topologyKey: {{ index . 1 }}
  whenUnsatisfiable: {{ index . 2 }}
  {{- omit (include "mcp-library.spreadDefaults" (index . 0) | fromYaml) "whenUnsatisfiable" | toYaml | nindent 2 }}
{{- end }}

{{- define "mcp-library.spreadDefaults" -}}
maxSkew: 1
whenUnsatisfiable: ScheduleAnyway
matchLabelKeys: [{{ .Values.audit.enabled | ternary "controller-revision-hash" "pod-template-hash" }}]
labelSelector:
  matchLabels:
    {{- include "mcp-library.serverSelector" . | nindent 4 }}
{{- end }}
