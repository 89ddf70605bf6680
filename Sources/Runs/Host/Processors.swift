import Foundation

/// Processors that this process may use: what a scheduler leaves of those that are there.
package enum Processors {
  /// The least of the process's affinity, the quota of its control group, and SLURM_CPUS_PER_TASK; at least 1.
  package static var count: Int {
    count(
      affinity: ProcessInfo.processInfo.activeProcessorCount, quota: quota(),
      environment: ProcessInfo.processInfo.environment)
  }

  static func count(affinity: Int, quota: Double?, environment: [String: String]) -> Int {
    var count = affinity
    if let quota { count = min(count, Int(quota.rounded(.up))) }
    if let task = environment["SLURM_CPUS_PER_TASK"].flatMap({ Int($0) }), task > 0 { count = min(count, task) }
    return max(1, count)
  }

  /// Processors' worth of time that the control group of this process and those above it allow; nil for no limit.
  private static func quota() -> Double? {
    func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    // Version 2: one hierarchy, `0::/path`.
    guard let line = text("/proc/self/cgroup")?.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
      return nil
    }
    var path = Substring(line.dropFirst(3))
    var least: Double?
    while true {
      if let quota = text("/sys/fs/cgroup\(path)/cpu.max").flatMap(parse) { least = min(least ?? quota, quota) }
      guard let slash = path.lastIndex(of: "/"), path != "/" else { return least }
      path = path[..<slash]
    }
  }

  /// `MAX PERIOD` in microseconds; nil for `max`.
  static func parse(_ text: String) -> Double? {
    let parts = text.split { $0 == " " || $0 == "\n" }.map { Double($0) }
    guard parts.count == 2, let most = parts[0], let period = parts[1], most > 0, period > 0 else { return nil }
    return most / period
  }
}
