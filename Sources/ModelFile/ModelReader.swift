import HDF5
import Models

/// Reads a model file into a description, and goes on after a problem to find the others.
struct ModelReader {
  let log: ProblemLog

  init(_ log: ProblemLog) { self.log = log }

  func model(_ root: Node) -> ModelDescription? {
    guard isModel(root) else { return nil }
    root.allow(only: ["input", "encoder", "decoder", "prior", "covariates"], in: "the root")
    var about = ModelDescription.About()
    about.name = root.string("name")
    about.description = root.string("description")
    about.source = root.string("source")
    about.license = root.string("license")
    let dataFormat = root.word("data_format", Words.dataFormats)

    let input = root.required("input").flatMap(input)
    let covariates = root.optional("covariates").map(covariates) ?? []
    let encoders = root.required("encoder")?.numbered(from: 1, "conditionals") ?? []
    let decoders = root.required("decoder")?.numbered(from: 1, "conditionals") ?? []
    if root.has("encoder"), root.has("decoder"), encoders.count != decoders.count || encoders.isEmpty {
      log.report(
        "/decoder",
        "has \(Wording.count(decoders.count, "conditional")), but /encoder has \(encoders.count); "
          + "expected one of each for every stochastic layer")
    }
    let layers = max(encoders.count, decoders.count)
    let q = encoders.enumerated().map { conditional($1, .posterior($0 + 1, of: layers)) }
    let p = decoders.enumerated().map { conditional($1, .generative($0 + 1, of: layers)) }
    checkOrder(q)
    let topmost: Prior? =
      root.has("prior") ? root.optional("prior").flatMap { prior($0, input, layers) } : .standardNormal

    guard let input, let topmost, !q.contains(nil), !p.contains(nil) else { return nil }
    var model = ModelDescription(
      input: input, encoders: q.compactMap(\.self), decoders: p.compactMap(\.self), prior: topmost)
    model.about = about
    model.covariates = covariates
    model.dataFormat = dataFormat ?? .channelsLast
    if let feature = model.secondVersionFeature, root.integer("version") == 1 {
      root.report("attribute version is 1, which has no \(feature); expected 2")
      return nil
    }
    return model
  }

  /// Whether the file is of this format and version at all; anything else is one problem, not a hundred.
  private func isModel(_ root: Node) -> Bool {
    let before = log.problems.count
    guard let format = root.string("format") else {
      if log.problems.count == before {
        root.report("attribute format is missing: not a model file; expected \"\(ModelFile.format)\"")
      }
      return false
    }
    guard format == ModelFile.format else {
      root.report("attribute format is \"\(format)\"; expected \"\(ModelFile.format)\"")
      return false
    }
    guard let version = root.integer("version") else {
      if log.problems.count == before { root.report("attribute version is missing; expected 1 or 2") }
      return false
    }
    guard ModelFile.versions.contains(version) else {
      root.report("unknown format version \(version); expected 1 or 2")
      return false
    }
    return true
  }

  private func input(_ node: Node) -> ModelDescription.Input? {
    node.allow(only: ["names"], in: "the input")
    let before = log.problems.count
    let shape = node.integers("shape")
    if shape == nil, log.problems.count == before { node.report("attribute shape is missing; expected such as [784]") }
    var input = ModelDescription.Input(shape: shape ?? [])
    if let shape, shape.isEmpty || !isReasonable(shape) {
      node.report("attribute shape is \(Wording.shape(shape)); expected positive numbers")
    }
    input.divideBy = node.double("divide_by")
    if let divisor = input.divideBy, divisor <= 0 {
      node.report("attribute divide_by is \(divisor); expected a number above 0")
    }
    input.binarize = node.word("binarize", Words.binarizations)
    input.dequantize = node.boolean("dequantize")
    input.names = node.strings("names")
    return log.problems.count == before ? input : nil
  }

  /// Whether a shape is positive and its product no more than a model may have numbers.
  func isReasonable(_ shape: [Int]) -> Bool {
    var count = 1
    for extent in shape {
      guard extent > 0, extent <= ProblemLog.mostElements / count else { return false }
      count *= extent
    }
    return true
  }

  /// Encoders must be computable one after the other, beginning with x.
  private func checkOrder(_ encoders: [Conditional?]) {
    var known: Set<Int> = [0]
    var left = encoders.enumerated().compactMap { index, encoder in encoder.map { (index + 1, $0.given) } }
    guard left.count == encoders.count else { return }
    while let next = left.firstIndex(where: { known.isSuperset(of: $0.1) }) { known.insert(left.remove(at: next).0) }
    guard !left.isEmpty else { return }
    let circle = left.map { "z\($0.0) from " + Wording.allOf($0.1.map(Wording.variable)) }
    log.report("/encoder", "the encoders are given each other in a circle: " + circle.joined(separator: ", "))
  }
}

extension Wording {
  /// `x` or `z1`.
  static func variable(_ number: Int) -> String { number == 0 ? "x" : "z\(number)" }
}
