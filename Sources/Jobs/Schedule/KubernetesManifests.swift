internal import Shared
internal import SystemPackage

/// A CronJob a job, and the claim of the volume that the workspace is on (batch/v1, core v1).
struct KubernetesManifests {
  private let plan: SchedulePlan

  init(_ plan: SchedulePlan) {
    self.plan = plan
  }

  /// The volume's claim first: it stays when the schedule goes.
  var files: [ScheduleFile] {
    [ScheduleFile(Self.volumeFile, volume)]
      + plan.jobs.map { ScheduleFile("\($0.name).yaml", cronJob($0)) }
  }

  static let volumeFile = "volume.yaml"

  /// The label that finds what belongs to this workspace.
  static func instance(_ name: String) -> String { ScheduleName.plain(name, limit: 20) }

  /// A CronJob's name takes 52 characters.
  private var stem: String { "jobrunner-\(Self.instance(plan.name))" }

  private func quoted(_ text: String) -> String {
    String(decoding: JSONWriter.quoted(text), as: UTF8.self)
  }

  private func labels(_ indent: String) -> String {
    """
    \(indent)app.kubernetes.io/name: jobrunner
    \(indent)app.kubernetes.io/instance: \(Self.instance(plan.name))
    """
  }

  private var volume: String {
    """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata:
      name: \(stem)
      labels:
    \(labels("    "))
    spec:
      accessModes: [ReadWriteOnce]
      resources:
        requests:
          storage: 1Gi

    """
  }

  private func cronJob(_ job: ScheduledJob) -> String {
    """
    apiVersion: batch/v1
    kind: CronJob
    metadata:
      name: \(stem)-\(job.name)
      labels:
    \(labels("    "))
    spec:
      schedule: "\(job.cadence.cron)"
      timeZone: \(quoted(plan.timeZone))
      concurrencyPolicy: Forbid
      startingDeadlineSeconds: 600
      successfulJobsHistoryLimit: 1
      failedJobsHistoryLimit: 3
      jobTemplate:
        spec:
          activeDeadlineSeconds: \(job.timeLimit)
          backoffLimit: 3
          podFailurePolicy:
            rules:
              # Trying again does not help: usage, damaged or missing input, permission, configuration.
              - action: FailJob
                onExitCodes:
                  operator: In
                  values: [64, 65, 66, 77, 78]
              # Another program is in the way; try later.
              - action: Count
                onExitCodes:
                  operator: In
                  values: [75]
              - action: Ignore
                onPodConditions:
                  - type: DisruptionTarget
                    status: "True"
          template:
            metadata:
              labels:
    \(labels("            "))
            spec:
              restartPolicy: Never
              automountServiceAccountToken: false
              enableServiceLinks: false
              securityContext:
                runAsNonRoot: true
                runAsUser: 65532
                runAsGroup: 65532
                fsGroup: 65532
                seccompProfile:
                  type: RuntimeDefault
              containers:
                - name: \(job.name)
                  image: jobrunner:latest
                  imagePullPolicy: IfNotPresent
                  command: [\(plan.command(job).map(quoted).joined(separator: ", "))]
                  env:
    \(environment("                "))
                  securityContext:
                    allowPrivilegeEscalation: false
                    readOnlyRootFilesystem: true
                    capabilities:
                      drop: [ALL]
                  resources:
                    requests: {cpu: 10m, memory: 32Mi}
                    limits: {memory: 512Mi}
                  volumeMounts:
                    - name: workspace
                      mountPath: \(quoted(plan.workspace.string))
                    - name: scratch
                      mountPath: /tmp
              volumes:
                - name: workspace
                  persistentVolumeClaim:
                    claimName: \(stem)
                - name: scratch
                  emptyDir:
                    sizeLimit: 1Gi

    """
  }

  private func environment(_ indent: String) -> String {
    let variables =
      plan.environment.filter { $0.name != "TZ" } + [SchedulePlan.Variable("TZ", plan.timeZone)]
    return variables.flatMap { variable in
      ["\(indent)- name: \(variable.name)", "\(indent)  value: \(quoted(variable.value))"]
    }.joined(separator: "\n")
  }
}
