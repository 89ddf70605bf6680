/// Where covariates enter a model.
extension Planner {
  /// Whether the covariates themselves are well-formed.
  mutating func check(_ covariates: [Covariate]) -> Bool {
    let before = problems.count
    for (index, covariate) in covariates.enumerated() {
      let path = "/covariates/\(covariate.name)"
      if covariates[..<index].contains(where: { $0.name == covariate.name }) {
        report(path, "there are two covariates of this name")
      }
      switch covariate.kind {
      case .continuous(let size):
        if !(1...Self.widestCovariate).contains(size) { report(path, "expected a positive size, found \(size)") }
      case .categorical(let categories):
        if categories.isEmpty { report("\(path)/categories", "expected at least one category, found none") }
        if categories.count > Self.widestCovariate {
          report("\(path)/categories", "expected at most \(Self.widestCovariate), found \(categories.count)")
        }
        var seen: Set<String> = []
        for category in categories where !seen.insert(category).inserted {
          report("\(path)/categories", "the category \"\(category)\" is there twice")
        }
      }
    }
    return problems.count == before
  }

  /// Numbers of one covariate beyond which a model is refused.
  private static let widestCovariate = 1 << 20

  /// The columns of some covariates, one after the other; nil after a problem.
  mutating func columns(_ names: [String], path: String) -> [Int]? {
    var result: [Int] = []
    for name in names {
      guard let columns = layout.columns(name) else {
        report(path, "unknown covariate \"\(name)\"; \(known { _ in true })")
        return nil
      }
      result += columns
    }
    return result
  }

  /// The covariates of a kind, in words.
  private func known(_ isMeant: (Covariate) -> Bool) -> String {
    let names = layout.covariates.filter(isMeant).map { "\"\($0.name)\"" }
    return names.isEmpty ? "/covariates has none such" : "expected \(names.joined(separator: " or "))"
  }

  /// A constant, or one for each category; nil after a problem.
  mutating func plan(_ constant: Tensor, path: String) -> ParameterPlan.Source? {
    guard let name = constant.by else { return .constant(constant) }
    guard let covariate = layout.covariates.first(where: { $0.name == name }), let categories = covariate.categories,
      let columns = layout.columns(name)
    else {
      report(path, "by \"\(name)\": \(known { $0.categories != nil })")
      return nil
    }
    guard constant.shape.first == categories.count else {
      report(path, "expected \(categories.count) along the first axis, by \(name); found shape \(constant.shape)")
      return nil
    }
    return .table(constant, columns: columns)
  }

  /// What a likelihood's mean is multiplied by; nil after a problem.
  mutating func plan(exposureOf conditional: Conditional, path: String) -> (plan: ExposurePlan?, name: ParameterName)? {
    let family = conditional.distribution
    if conditional.epsilon != 0 {
      guard family == .negativeBinomial || family == .zeroInflatedNegativeBinomial, conditional.epsilon > 0 else {
        report(path, "epsilon \(conditional.epsilon): expected a positive number, of a negative binomial")
        return nil
      }
    }
    guard let exposure = conditional.exposure else { return (nil, .mean) }
    guard family.isOfCounts, path == "/decoder/1" else {
      report(path, "exposure goes with a likelihood of counts: \(Distribution.namesOfCounts)")
      return nil
    }
    let column: Int
    switch exposure {
    case .total: column = layout.width - 1
    case .covariate(let name):
      guard let columns = layout.columns(name), columns.count == 1,
        layout.covariates.contains(where: { $0.name == name && $0.categories == nil })
      else {
        report(path, "exposure \"\(name)\": \(known { $0.kind == .continuous(size: 1) }) or \"total\"")
        return nil
      }
      column = columns.lowerBound
    }
    guard let name = family.parameters[0].first(where: { conditional.parameters[$0] != nil }),
      case .stack(let stack)? = conditional.parameters[name]
    else {
      report(path, "exposure multiplies what a stack gives; \(family.parameters[0][0].rawValue) is a constant")
      return nil
    }
    let isNormalized = name.form == .direct && stack.layers.last?.activation == .softmax
    return (ExposurePlan(column: column, isNormalized: isNormalized), name)
  }

  /// A layer that appends covariates to a vector.
  func joinLayer(_ covariates: [String], _ input: [Int]) -> Layer {
    let elements = input.reduce(1, *)
    let width = covariates.reduce(0) { $0 + (layout.columns($1)?.count ?? 0) }
    var values = [Float](repeating: 0, count: width * (elements + width))
    for column in 0..<width { values[column * (elements + width) + elements + column] = 1 }
    var dense = Dense(weight: Tensor(rows: width, columns: elements + width, values), layout: .weight)
    dense.covariates = covariates
    return Layer(.concatenation([Stack(), Stack([Layer(.dense(dense))])]))
  }
}

extension Stack {
  /// Joins covariates to the input of a first layer that is fully connected; whether it is.
  mutating func joinToFirstDense(_ covariates: [String]) -> Bool {
    guard let first = layers.first, case .dense(var dense) = first.operation else { return false }
    dense.covariates = covariates + dense.covariates
    layers[0].operation = .dense(dense)
    return true
  }
}

extension Conditional {
  /// A mean whose softmax is taken in logarithms is a logarithm without it.
  func droppingSoftmax(_ exposure: (plan: ExposurePlan?, name: ParameterName)) -> Conditional {
    guard exposure.plan?.isNormalized == true, case .stack(var stack)? = parameters[exposure.name] else { return self }
    var result = self
    stack.layers[stack.layers.count - 1].activation = .identity
    result.parameters[exposure.name] = nil
    result.parameters[exposure.name == .rate ? .logRate : .logMean] = .stack(stack)
    return result
  }
}

extension Distribution {
  /// Whether x counts something.
  public var isOfCounts: Bool {
    self == .poisson || self == .negativeBinomial || self == .zeroInflatedNegativeBinomial
  }

  static let namesOfCounts = allCases.filter(\.isOfCounts).map(\.rawValue).joined(separator: ", ")
}
