import Evidence
import Foundation

/// The command line that makes a results file again, ready to be pasted into a shell.
enum ReproducingCommand {
  /// A line for each option, joined by backslashes.
  static func text(_ settings: ResultsSettings, results: String) -> String {
    let preprocessing = settings.preprocessing
    var lines = [
      "evidence \(quoted(settings.command))",
      quoted(settings.modelPath.isEmpty ? "MODEL.h5" : settings.modelPath),
      quoted(settings.dataPath.isEmpty ? "DATA.h5" : settings.dataPath),
      "--dataset \(quoted(settings.dataset))",
      "--examples \(settings.examples.lowerBound)..\(settings.examples.upperBound)",
      "--estimator \(quoted(settings.estimator))",
      "--samples \(settings.samples)",
      "--seed \(settings.seed)",
      "--binarize \(preprocessing.binarize.rawValue)",
      "--divide-by \(number(preprocessing.divideBy))",
      preprocessing.dequantize ? "--dequantize" : "--no-dequantize",
    ]
    for (name, value) in settings.options.sorted(by: { $0.key < $1.key }) {
      lines.append("--\(name.replacingOccurrences(of: "_", with: "-")) \(quoted(value))")
    }
    lines.append("--output \(quoted(URL(filePath: results).lastPathComponent))")
    return lines.joined(separator: " \\\n  ")
  }

  private static func number(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

  private static func quoted(_ word: String) -> String {
    let plain = CharacterSet(
      charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:=+@%")
    if !word.isEmpty && word.unicodeScalars.allSatisfy(plain.contains) { return word }
    return "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
