import Evidence
import Foundation

/// The command line that makes a results file again, ready to be pasted into a shell.
enum ReproducingCommand {
  /// A line for each option, joined by backslashes.
  static func text(_ settings: ResultsSettings, results: String) -> String {
    let preprocessing = settings.preprocessing
    var lines = [
      "evidence \(CommandLineText.quoted(settings.command))",
      CommandLineText.quoted(settings.modelPath.isEmpty ? "MODEL.h5" : settings.modelPath),
      CommandLineText.quoted(settings.dataPath.isEmpty ? "DATA.h5" : settings.dataPath),
      "--dataset \(CommandLineText.quoted(settings.dataset))",
      "--examples \(settings.examples.lowerBound)..\(settings.examples.upperBound)",
    ]
    // The draws of units are those of its chains, and have an option of their own.
    lines +=
      settings.command == "units"
      ? ["--draws \(settings.samples)"]
      : ["--estimator \(CommandLineText.quoted(settings.estimator))", "--samples \(settings.samples)"]
    lines += [
      "--seed \(settings.seed)",
      "--binarize \(preprocessing.binarize.rawValue)",
      "--divide-by \(number(preprocessing.divideBy))",
      preprocessing.dequantize ? "--dequantize" : "--no-dequantize",
    ]
    for (name, value) in settings.options.sorted(by: { $0.key < $1.key }) {
      lines.append("--\(name.replacingOccurrences(of: "_", with: "-")) \(CommandLineText.quoted(value))")
    }
    lines.append("--output \(CommandLineText.quoted(URL(filePath: results).lastPathComponent))")
    return lines.joined(separator: " \\\n  ")
  }

  private static func number(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
