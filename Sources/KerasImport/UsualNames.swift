import Models

/// How people call the parts of a variational autoencoder.
enum UsualNames {
  /// What a layer computes, going by its name.
  enum Role: Equatable {
    case mean
    /// The parameter that the name says.
    case scale(ParameterName)
  }

  /// The role of a layer's name; nil for others.
  static func role(_ name: String) -> Role? {
    let letters = plain(name)
    for (part, parameter) in scaleParts where letters.contains(part) { return .scale(parameter) }
    let words = Set(name.lowercased().split { !$0.isLetter }.map(String.init))
    if !words.isDisjoint(with: meanWords) || meanParts.contains(where: letters.contains) { return .mean }
    return nil
  }

  /// Letters and digits only, in lower case.
  private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

  /// The first that a name contains decides.
  private static let scaleParts: [(String, ParameterName)] = [
    ("logvar", .logVariance), ("lnvar", .logVariance), ("logsigmasq", .logVariance), ("logsigma2", .logVariance),
    ("logstd", .logScale), ("logsigma", .logScale), ("logscale", .logScale), ("logsd", .logScale),
    ("stddev", .scale), ("sigma", .scale), ("zstd", .scale), ("zscale", .scale), ("latentstd", .scale),
    ("variance", .variance), ("zvar", .variance), ("latentvar", .variance),
  ]
  private static let meanWords: Set = ["mean", "mu", "loc", "means", "avg"]
  private static let meanParts = ["zmean", "zmu", "latentmean", "latentmu", "codemean", "hmean"]

  static func isSampler(_ layer: KerasLayer) -> Bool {
    let text = plain(layer.name) + " " + plain(layer.className)
    return ["sampl", "reparam", "normalsample"].contains { text.contains($0) } || plain(layer.name) == "z"
  }

  /// Whether an input is the noise that z is made of, going by its name.
  static func isNoise(_ name: String) -> Bool {
    let text = plain(name)
    return ["eps", "noise"].contains { text.contains($0) }
  }

  /// Whether a layer of the author's adds to the loss and hands on what it is given, going by its name.
  static func isLoss(_ layer: KerasLayer) -> Bool {
    let text = plain(layer.name) + " " + plain(layer.className)
    return ["kldiv", "divergence", "loss", "regulariz", "kllayer"].contains { text.contains($0) }
  }

  static func isEncoder(_ name: String) -> Bool {
    ["encod", "recognition", "inference"].contains { name.lowercased().contains($0) }
  }

  static func isDecoder(_ name: String) -> Bool {
    ["decod", "generat"].contains { name.lowercased().contains($0) }
  }
}
