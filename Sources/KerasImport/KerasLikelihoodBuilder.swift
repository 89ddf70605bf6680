import Models

/// Makes p(x | z) out of a decoder's output.
struct KerasLikelihoodBuilder {
  let conditional: Conditional
  private(set) var notes: [KerasAssumption] = []

  /// A decoder with one output.
  init(
    _ output: (Stack, shape: [Int]), _ options: KerasImportOptions, inputSize: Int, file: String, place: String
  ) throws {
    var (stack, shape) = output
    let final = stack.finalActivation
    func undecided(_ message: String, found: String? = nil) -> ImportError {
      ImportError(
        .undecided, file: file, place: place, message,
        found: found, remedy: .sayLikelihood)
    }
    let likelihood: KerasLikelihood
    if let said = options.likelihood {
      likelihood = said
    } else if stack.endsInProbabilities {
      likelihood = .bernoulli
      notes.append(
        .init("the likelihood is bernoulli, since the decoder ends in a sigmoid", unless: .likelihood))
    } else {
      throw undecided("the decoder does not end in a sigmoid: its likelihood has to be said", found: "\(final)")
    }
    let count = LayerTranslator.elements(shape) ?? 0
    let isCategorical = likelihood == .categorical
    guard isCategorical ? count % max(1, inputSize) == 0 : count == inputSize else {
      throw ImportError(
        .badConfiguration, file: file, place: place, "the decoder's output is not of the input's size",
        expected: "\(inputSize) elements", found: "\(count): \(shape)")
    }
    let distribution: Distribution
    var parameters: [ParameterName: Stack] = [:]
    var scale: Float?
    switch likelihood {
    case .bernoulli, .continuousBernoulli, .bernoulliLogits:
      distribution = likelihood == .continuousBernoulli ? .continuousBernoulli : .bernoulli
      let isLogit = final == .identity
      guard isLogit || stack.endsInProbabilities else {
        throw undecided("coins take probabilities after a sigmoid, or logits", found: "\(final)")
      }
      guard likelihood != .bernoulliLogits || isLogit else {
        throw undecided("the decoder ends in a sigmoid: its outputs are probabilities, not logits")
      }
      if isLogit, likelihood != .bernoulliLogits {
        notes.append("the decoder's outputs are taken to be logits, since it does not end in a sigmoid")
      }
      if options.invert {
        if isLogit || final == .sigmoid { stack.negateLogits(shape) } else { stack.invertMeans(shape) }
      }
      parameters[isLogit ? .logits : .probabilities] = stack
    case .categorical:
      distribution = .categorical
      guard !options.invert else { throw undecided("classes can't be inverted") }
      guard final == .softmax || final == .identity else {
        throw undecided("classes take a softmax, or logits", found: "\(final)")
      }
      // Softmax of logits is all that counts, and the density applies it.
      stack.dropFinalActivation()
      parameters[.logits] = stack
    case .normal(let said), .laplace(let said), .discretizedLogistic(let said):
      scale = said
      distribution =
        switch likelihood {
        case .normal: .normal
        case .laplace: .laplace
        default: .discretizedLogistic
        }
      if options.invert { stack.invertMeans(shape) }
      parameters[.mean] = stack
    }
    conditional = KerasLikelihoodBuilder.conditional(distribution, parameters, scale)
    if options.invert { notes.append("the model was trained on 1 − x; the imported one takes x") }
  }

  /// A decoder with a mean and a scale: a normal distribution.
  init(
    mean: (Stack, shape: [Int]), scale: (Stack, shape: [Int]), _ name: ParameterName, _ options: KerasImportOptions,
    file: String
  ) throws {
    if let likelihood = options.likelihood {
      guard case .normal = likelihood else {
        throw ImportError(.undecided, file: file, "a decoder with a mean and a scale is normal", found: "\(likelihood)")
      }
    }
    var stack = mean.0
    if options.invert { stack.invertMeans(mean.shape) }
    notes.append("the likelihood is normal, with the decoder's own \(name.rawValue)")
    conditional = Conditional(.normal, given: [1], parameters: [.mean: .stack(stack), name: .stack(scale.0)])
  }

  /// The trunk ends where the last layer with weights begins.
  private static func conditional(
    _ distribution: Distribution, _ parameters: [ParameterName: Stack], _ scale: Float?
  ) -> Conditional {
    var trunk: Stack?
    var result: [ParameterName: Parameter] = [:]
    for (name, stack) in parameters {
      let split = stack.layers.lastIndex(where: \.operation.hasKernel) ?? 0
      if split > 0 { trunk = Stack(Array(stack.layers[..<split])) }
      result[name] = .stack(Stack(Array(stack.layers[split...])))
    }
    if let scale { result[.scale] = .constant(Tensor(shape: [], values: [scale])) }
    return Conditional(distribution, given: [1], trunk: trunk, parameters: result)
  }
}

extension Layer.Operation {
  fileprivate var hasKernel: Bool {
    switch self {
    case .dense, .convolution, .transposedConvolution: true
    default: false
    }
  }

  /// Whether every output element is one of the input's.
  fileprivate var onlyMovesElements: Bool {
    switch self {
    case .activation, .flatten, .reshape, .crop: true
    default: false
    }
  }
}

extension Stack {
  /// The layer whose activation is the last thing that happens to the output's values.
  private var finalIndex: Int? {
    layers.indices.reversed().first { layers[$0].activation != .identity || !layers[$0].operation.onlyMovesElements }
  }

  /// What happens to the output's values last.
  fileprivate var finalActivation: Activation { finalIndex.map { layers[$0].activation } ?? .identity }

  /// Whether the output's values are probabilities: after a sigmoid, which a clip within [0, 1] may follow.
  fileprivate var endsInProbabilities: Bool {
    guard let index = finalIndex else { return false }
    switch layers[index].activation {
    case .sigmoid: return true
    case .hardTanh(let least, let most) where least >= 0 && most <= 1:
      return layers[index].operation.onlyMovesElements && Stack(Array(layers[..<index])).endsInProbabilities
    default: return false
    }
  }

  fileprivate mutating func dropFinalActivation() {
    if let index = finalIndex { layers[index].activation = .identity }
  }

  /// Turns the sign of what comes before a final sigmoid, or of the output where there is none: 1 − σ(l) = σ(−l).
  fileprivate mutating func negateLogits(_ shape: [Int]) {
    guard let index = finalIndex else { return }
    if let negated = layers[index].operation.negated {
      layers[index].operation = negated
      return
    }
    let activation = layers[index].activation
    layers[index].activation = .identity
    appendAffine(scale: -1, offset: 0, shape)
    layers[layers.count - 1].activation = activation
  }

  /// 1 − m instead of m.
  fileprivate mutating func invertMeans(_ shape: [Int]) { appendAffine(scale: -1, offset: 1, shape) }

  private mutating func appendAffine(scale: Double, offset: Double, _ shape: [Int]) {
    layers.append(
      .affine(scale: scale, offset: offset, channels: shape.last ?? 1, axis: shape.count - 1, name: "invert"))
  }
}

extension Layer.Operation {
  /// The same layer with weights of the other sign; nil for layers without weights.
  fileprivate var negated: Layer.Operation? {
    func minus(_ tensor: Tensor) -> Tensor { Tensor(shape: tensor.shape, values: tensor.values.map { -$0 }) }
    switch self {
    case .dense(var layer):
      (layer.weight, layer.bias) = (minus(layer.weight), layer.bias.map(minus))
      return .dense(layer)
    case .convolution(var layer):
      (layer.weight, layer.bias) = (minus(layer.weight), layer.bias.map(minus))
      return .convolution(layer)
    case .transposedConvolution(var layer):
      (layer.weight, layer.bias) = (minus(layer.weight), layer.bias.map(minus))
      return .transposedConvolution(layer)
    default: return nil
    }
  }
}
