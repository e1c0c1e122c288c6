internal import Shared
struct GlmAlias {
  let session: AliasSession
  func run() throws(JobError) -> JobReport { throw JobError(.software, "not yet") }
}
