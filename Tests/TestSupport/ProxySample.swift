/// Logs of a proxy, made up, in the forms that proxies write.
package enum ProxySample {
  /// Four features on both lanes; one request of the baseline failed.
  package static let lanterns = lines([
    line("16:05:00", "L1", "baseline", "anthropic/haiku", "ok", 900, 210, "ok", 400),
    line("16:05:10", "L1", "glm", "z.ai/glm-4.6", "ok", 900, 410, "routed", 260),
    line("16:06:00", "L2", "baseline", "anthropic/haiku", "ok", 700, 160, "ok", 310),
    line("16:06:20", "L2", "glm", "glm-4.6", "ok", 720, 190, "routed", 340),
    line("16:07:00", "L3", "baseline", "anthropic/haiku", "error", 550, 120, "fail", 900),
    line("16:07:30", "L3", "glm", "glm-4.6", "ok", 500, 130, "routed", 520),
    line("16:08:00", "L4", "baseline", "anthropic/haiku", "ok", 600, 180, "ok", 120),
    line("16:08:30", "L4", "glm", "glm-4.6", "ok", 540, 130, "routed", 180),
  ])

  /// A proxy that forces one model elsewhere: decisions, ends and network errors.
  package static let forced = lines([
    decision(1_760_100_001.25, "aa01", "zai", "forced_model"),
    decision(1_760_100_001.5, "aa02", "zai", "forced_model"),
    decision(1_760_100_002.125, "aa03", "zai", "forced_model"),
    decision(1_760_100_002.75, "bb01", "anthropic", "pass_through"),
    completion(1_760_100_004.5, "aa01", 5, 140, "ok", 3_100),
    completion(1_760_100_006.5, "aa02", 8_000, 160, "ok", 4_000),
    completion(1_760_100_008.5, "aa03", 0, 0, "streaming", 6_200),
    #"{"ts":1760100009.5,"rid":"cc01","lane":"unknown","model":"","status":0,"event":"error","#
      + #""err_type":"net"}"#,
    #"{"ts":1760100012.5,"rid":"bb01","lane":"anthropic","model":"claude-sonnet-4-5-20250929","#
      + #""status":0,"event":"error","err_type":"net"}"#,
  ])

  private static func lines(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

  private static func line(
    _ time: String, _ rid: String, _ lane: String, _ model: String, _ status: String,
    _ input: Int, _ output: Int, _ reason: String, _ latency: Int
  ) -> String {
    #"{"ts":"2025-10-21T\#(time)Z","rid":"\#(rid)","lane":"\#(lane)","model":"\#(model)","#
      + #""status":"\#(status)","input_tokens":\#(input),"output_tokens":\#(output),"#
      + #""reason":"\#(reason)","latency_ms":\#(latency)}"#
  }

  private static func decision(
    _ time: Double, _ rid: String, _ lane: String, _ word: String
  ) -> String {
    let model = lane == "zai" ? "claude-haiku-4-5-20251001" : "claude-sonnet-4-5-20250929"
    return #"{"ts":\#(time),"rid":"\#(rid)","lane":"\#(lane)","model":"\#(model)","status":-1,"#
      + #""event":"decision","decision":"\#(word)","header_mode":null,"paused":false}"#
  }

  private static func completion(
    _ time: Double, _ rid: String, _ input: Int, _ output: Int, _ reason: String, _ latency: Int
  ) -> String {
    #"{"ts":\#(time),"rid":"\#(rid)","lane":"zai","model":"claude-haiku-4-5-20251001","#
      + #""input_tokens":\#(input),"output_tokens":\#(output),"status":200,"reason":"\#(reason)","#
      + #""op":"\#(reason == "ok" ? "nonstream" : "stream")","latency_ms":\#(latency),"#
      + #""err_type":null,"retry":false}"#
  }

  /// The row that holds the log of a run whole, as the tracker writes it.
  package static func run(_ log: String, window: String) -> String {
    let text = log.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n")
    return #"{"window": "\#(window)", "provider": "proxy-telemetry", "#
      + #""captured_at": "2025-10-21T18:00:00+00:00", "notes": "", "raw_text": "\#(text)", "#
      + #""parsed": {"total": 8, "errors": []}, "source": "ingest", "schema_version": "1.0.0"}"#
      + "\n"
  }
}
