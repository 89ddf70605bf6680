public import Evidence
public import Foundation

/// Networks of fully connected layers, without numbers yet: weights are zeros until they are initialised.
public struct Architecture: Sendable, Equatable, Decodable {
  /// A network between two variables.
  public struct Network: Sendable, Equatable, Decodable {
    /// Units of each hidden layer.
    public var hidden: [Int]
    /// What is applied to each: tanh, relu, elu, softplus, sigmoid, gelu, silu.
    public var activation: String?

    /// A network of hidden layers.
    public init(hidden: [Int], activation: String? = nil) {
      self.hidden = hidden
      self.activation = activation
    }
  }

  /// Latents in each stochastic layer, z₁ first.
  public var latents: [Int]
  /// q(z₁ | x), q(z₂ | z₁), …
  public var encoder: [Network]
  /// p(x | z₁), p(z₁ | z₂), …
  public var decoder: [Network]
  /// The family of p(x | z₁); bernoulli by default.
  public var likelihood: String?

  /// The paper's of one stochastic layer (Burda, Grosse, Salakhutdinov 2016): x – 200 – 200 – 50 – 200 – 200 – x.
  public static let paperOneLayer = Architecture(
    latents: [50], encoder: [Network(hidden: [200, 200])], decoder: [Network(hidden: [200, 200])])

  /// The paper's of two: x – 200 – 200 – 100 – 100 – 100 – 50 and back.
  public static let paperTwoLayers = Architecture(
    latents: [100, 50], encoder: [Network(hidden: [200, 200]), Network(hidden: [100, 100])],
    decoder: [Network(hidden: [200, 200]), Network(hidden: [100, 100])])

  /// An architecture.
  public init(latents: [Int], encoder: [Network], decoder: [Network], likelihood: String? = nil) {
    self.latents = latents
    self.encoder = encoder
    self.decoder = decoder
    self.likelihood = likelihood
  }

  /// Reads an architecture as JSON:
  ///
  ///     {"latents": [20], "encoder": [{"hidden": [100]}], "decoder": [{"hidden": [100], "activation": "relu"}]}
  ///
  /// - Throws: `EvidenceError` where it is none.
  public init(json: Data) throws {
    do {
      self = try JSONDecoder().decode(Architecture.self, from: json)
    } catch let error as DecodingError {
      throw EvidenceError(.invalidSetting, "not an architecture: \(Self.words(error))\nexpected \(Self.example)")
    }
  }

  private static let example =
    #"{"latents": [20], "encoder": [{"hidden": [100]}], "decoder": [{"hidden": [100], "activation": "relu"}]}"#

  private static func words(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "\(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")): of another type than expected"
    default: "not JSON"
    }
  }

  /// The model of this architecture on `inputs` elements, with weights of zero.
  ///
  /// - Throws: `EvidenceError` where it has no meaning.
  public func model(inputs: Int) throws -> ModelDescription {
    func require(_ condition: Bool, _ message: String) throws {
      guard condition else { throw EvidenceError(.invalidSetting, "architecture: \(message)") }
    }
    let layers = latents.count
    try require(
      layers >= 1 && latents.allSatisfy { (1...1 << 16).contains($0) }, "latents: expected at least one number")
    try require(
      encoder.count == layers && decoder.count == layers,
      "expected a network of encoder and of decoder for each of \(layers) layers of latents, found \(encoder.count) and \(decoder.count)"
    )
    try require(
      (encoder + decoder).allSatisfy { $0.hidden.allSatisfy { (1...1 << 16).contains($0) } },
      "hidden: expected positive numbers")
    let sizes = [inputs] + latents
    let encoders = try (0..<layers).map { layer in
      let (trunk, width) = try trunk(encoder[layer], inputs: sizes[layer])
      return Conditional(.normal, given: [layer], trunk: trunk, parameters: Self.normal(width, latents[layer]))
    }
    let decoders = try (0..<layers).map { layer in
      let (trunk, width) = try trunk(decoder[layer], inputs: latents[layer])
      return layer == 0
        ? try likelihood(trunk, width, inputs)
        : Conditional(.normal, given: [layer + 1], trunk: trunk, parameters: Self.normal(width, latents[layer - 1]))
    }
    return ModelDescription(input: .init(shape: [inputs]), encoders: encoders, decoders: decoders)
  }

  private func trunk(_ network: Network, inputs: Int) throws -> (Stack, width: Int) {
    let name = network.activation ?? "tanh"
    let activations: [Activation] = [.tanh, .relu, .elu(), .softplus, .sigmoid, .gelu, .silu]
    guard let activation = activations.first(where: { $0.name == name }) else {
      throw EvidenceError(
        .invalidSetting,
        "architecture: activation: expected one of \(activations.map(\.name).joined(separator: ", ")), found \(name)")
    }
    let widths = [inputs] + network.hidden
    return (
      Stack(zip(widths, widths.dropFirst()).map { Self.dense($0, $1, activation) }), width: widths[widths.count - 1]
    )
  }

  private func likelihood(_ trunk: Stack, _ width: Int, _ inputs: Int) throws -> Conditional {
    let head = Parameter.stack(Stack([Self.dense(width, inputs)]))
    let constant = Parameter.constant(Tensor(shape: [], values: [0]))
    let families: [Distribution: [ParameterName: Parameter]] = [
      .bernoulli: [.logits: head], .continuousBernoulli: [.logits: head],
      .normal: [.mean: head, .logVariance: constant],
      .laplace: [.mean: head, .logScale: constant], .discretizedLogistic: [.mean: head, .logScale: constant],
      .beta: [.logAlpha: head, .logBeta: head], .poisson: [.logRate: head],
      .negativeBinomial: [.logMean: head, .logDispersion: constant],
    ]
    let name = likelihood ?? "bernoulli"
    guard let family = Distribution(rawValue: name), let parameters = families[family] else {
      throw EvidenceError(
        .invalidSetting,
        "architecture: likelihood: expected one of \(families.keys.map(\.rawValue).sorted().joined(separator: ", ")), found \(name)"
      )
    }
    return Conditional(family, given: [1], trunk: trunk, parameters: parameters)
  }

  private static func normal(_ inputs: Int, _ latents: Int) -> [ParameterName: Parameter] {
    [.mean: .stack(Stack([dense(inputs, latents)])), .logVariance: .stack(Stack([dense(inputs, latents)]))]
  }

  private static func dense(_ inputs: Int, _ outputs: Int, _ activation: Activation = .identity) -> Layer {
    Layer(
      .dense(
        Dense(
          weight: Tensor(shape: [outputs, inputs], values: [Float](repeating: 0, count: outputs * inputs)),
          layout: .weight, bias: Tensor([Float](repeating: 0, count: outputs)))),
      activation: activation)
  }
}
