import Evidence
import JSON
import Wording

extension Verdict {
  /// Two or three plain sentences: what the number is, how far it can be believed, and what to run if that isn't enough.
  package func sentences(in words: any RunWords) -> [String] { [what, belief, next(words)].compactMap(\.self) }

  /// The same as lines of a terminal, each sentence from a line of its own.
  package func lines(in words: any RunWords) -> [String] {
    sentences(in: words).flatMap { Text.wrapped($0, width: 80) }
  }

  /// What the number is, of which data.
  private var what: String {
    let decimals = Text.decimals(forError: dataStandardError)
    let data =
      "on \(subject.examples == 1 ? "the one example" : "the \(Text.count(subject.examples)) examples") of \(subject.data)"
    func nats(_ value: Double) -> String { Text.fixed(value, decimals) + " nats" }
    let others =
      dataStandardError.isFinite
      ? "other test data would change it by about \(Text.significant(dataStandardError, 2))" : nil
    let start =
      switch status {
      case .notFinite: "NLL is not finite \(data): \(Text.counted(doubtful, "example")) without a finite estimate"
      case .crossEntropy: "The cross-entropy is \(nats(nll)) \(data): the data are grey, so it is no log-likelihood"
      case .bound: "NLL is at most \(nats(nll)), on average over draws, \(data)"
      case .settled, .rough: "NLL is \(nats(nll)) \(data)"
      case .suspect where upperBound == nil, .unsettled where upperBound == nil: "NLL is about \(nats(nll)) \(data)"
      case .suspect, .unsettled: "NLL is at most \(nats(upperBound ?? nll)) (95 %) \(data)"
      }
    guard let others, status != .notFinite else { return start + "." }
    return "\(start); \(others)."
  }

  /// How far it can be believed.
  private var belief: String? {
    let draws = drawError.map { error in
      let size = Text.significant(error.value, 2)
      return error.source == .analytic
        ? "other draws would change it by about \(size)"
        : "the draws of \(error.runs) seeds change it by about \(size), which does not show what none of them met"
    }
    switch status {
    case .settled: return draws.map { "Settled: \($0)." }
    case .rough: return draws.map { "Its error can be believed, and is not small: \($0)." }
    case .bound: return "How far log p(x) lies above the \(subject.symbol), this estimator can't tell."
    case .crossEntropy: return "It can't be compared with figures of binary data."
    case .notFinite: return nil
    case .suspect: return "Not to be believed yet: the model does not seem to be fed as in training (see the warnings)."
    case .unsettled: return unsettled(draws)
    }
  }

  private func unsettled(_ draws: String?) -> String {
    guard isShapeDefined else { return "Not settled: for so few draws nothing says how far off it is." }
    let fall = fallPerTenfold.map { "it still falls by \(Text.fixed(max(0, $0), 2)) nats with ten times the draws" }
    let many =
      fallPerTenfold == nil && subject.examples > 0 && doubtful > 0
      ? "\(Text.counted(doubtful, "estimate")) can't be trusted"
      : "k̂ is too high for \(Text.counted(doubtful, "estimate"))"
    let reasons = [fall, doubtful > 0 ? many : nil].compactMap(\.self)
    let text = "Not settled: " + reasons.joined(separator: ", and ")
    return [text, draws].compactMap(\.self).joined(separator: "; ") + "."
  }

  private func next(_ words: any RunWords) -> String? {
    guard let nextStep else { return nil }
    let step = words.words(.next(nextStep))
    let time =
      nextSeconds.map { " in about \(Text.roughDuration($0))\(isOfOneProcessor ? " of one processor" : "")" } ?? ""
    switch nextStep {
    case .estimator(let name) where status == .bound:
      return "\(step) estimates log p(x) itself\(name.isEmpty ? "" : time)."
    case .estimator, .temperatures: return "\(step) would settle it\(time)."
    case .samples: return "\(step) would \(status == .rough ? "make it small" : "tell more")\(time)."
    case .binarize: return "\(step) makes them binary."
    case .evaluateAlone: return "\(step) says more."
    }
  }
}

extension Verdict {
  /// The `verdict` of the JSON.
  func json(in words: any RunWords) -> JSONValue {
    [
      "status": .string(status.rawValue),
      "text": .array(sentences(in: words).map { .string($0) }),
      "nllAtMost": JSONValue(upperBound),
      "monteCarloStandardError": JSONValue(drawError?.value),
      "errorSource": drawError.map { .string($0.source.rawValue) } ?? .null,
      "fallPerTenfold": JSONValue(fallPerTenfold),
      "next": nextStep.map { .string(words.words(.next($0))) } ?? .null,
      "nextSeconds": JSONValue(nextSeconds),
    ]
  }
}
