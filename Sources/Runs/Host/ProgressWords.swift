package import Training
import Wording

/// How far a run is, in a line.
package enum ProgressWords {
  /// How far, how fast, how long.
  package static func words(finished: Int, total: Int, rate: Double, mean: Double?) -> String {
    var parts = ["\(finished)/\(total)"]
    if rate > 0 {
      parts.append(Text.significant(rate, 3) + " examples/s")
      parts.append(Text.duration(Double(total - finished) / rate) + " left")
    }
    if let mean, finished > 0 { parts.append("mean " + Text.fixed(mean, 2)) }
    return parts.joined(separator: "  ")
  }

  /// The line, in at most `width` − 1 columns so that it never wraps.
  package static func line(finished: Int, total: Int, rate: Double, mean: Double?, width: Int) -> String {
    let words = words(finished: finished, total: total, rate: rate, mean: mean)
    let length = min(30, width - 3 - words.count)
    guard length >= 5 else { return String(words.prefix(max(0, width - 1))) }
    let filled = total > 0 ? length * finished / total : 0
    return String(repeating: "━", count: filled) + String(repeating: "─", count: length - filled) + "  " + words
  }

  /// How far a training run is.
  package static func line(
    _ progress: TrainingProgress, of options: TrainingOptions, secondsPerStep: Double
  ) -> String {
    let left = (progress.epochs - progress.epoch) * progress.stepsPerEpoch - progress.step
    var parts = ["epoch \(progress.epoch + 1)/\(progress.epochs)"]
    if !progress.endsEpoch { parts.append("\(progress.step)/\(progress.stepsPerEpoch)") }
    parts.append("\(options.boundName) \(Text.fixed(progress.bound, 2))")
    if let validation = progress.validation {
      parts.append("validation L_\(options.samples) \(Text.fixed(validation, 2))")
    }
    parts.append("rate \(Text.significant(progress.rate, 2))")
    parts.append(Text.duration(Double(left) * secondsPerStep) + " left")
    return parts.joined(separator: "  ")
  }
}
