/// Everything that a model file says: a latent-variable model as data, before anything is computed.
///
/// Variables are numbered from the data: z₀ = x, z₁ next to the data, z_L on top.
public struct ModelDescription: Sendable, Equatable {
  /// The model's name, and whatever else its author wrote about it.
  public var about = About()
  /// One example.
  public var input: Input
  /// How image tensors lie in memory, which decides what flatten and reshape mean.
  public var dataFormat = DataFormat.channelsLast
  /// q(z_l | …) for l = 1 … L, in that order.
  public var encoders: [Conditional]
  /// p(z_{l−1} | …) for l = 1 … L, in that order; the first is p(x | …).
  public var decoders: [Conditional]
  /// p(z_L).
  public var prior: Prior
  /// What is known of each example and is no part of what is modelled.
  public var covariates: [Covariate] = []

  /// A description.
  public init(input: Input, encoders: [Conditional], decoders: [Conditional], prior: Prior = .standardNormal) {
    self.input = input
    self.encoders = encoders
    self.decoders = decoders
    self.prior = prior
  }

  /// What a file says about itself, for people.
  public struct About: Sendable, Equatable {
    /// The model's name.
    public var name: String?
    /// What it is.
    public var description: String?
    /// Where it came from.
    public var source: String?
    /// Under which terms.
    public var license: String?

    /// Nothing said.
    public init() {}
  }

  /// One example as the model takes it, and how a stored example becomes one.
  public struct Input: Sendable, Equatable {
    /// The shape of one example.
    public var shape: [Int]
    /// Stored values are divided by this.
    public var divideBy: Double?
    /// How grey values become binary ones.
    public var binarize: Binarization?
    /// Whether uniform noise in [0, 1) is added to the stored integers.
    public var dequantize: Bool?
    /// The name of each element, where the model has them: data with names of their own are brought into this order.
    public var names: [String]?

    /// An input of the given shape, taken as stored.
    public init(shape: [Int]) { self.shape = shape }
  }
}

/// How grey values become binary ones.
public enum Binarization: String, Sendable, CaseIterable {
  /// They stay as they are.
  case none
  /// 1 where the value is at least 0.5.
  case threshold
  /// 1 with the value as probability, keyed by seed and example.
  case bernoulli
}

/// How image tensors lie in memory.
public enum DataFormat: String, Sendable {
  /// [height, width, channels].
  case channelsLast = "channels_last"
  /// [channels, height, width].
  case channelsFirst = "channels_first"
}

/// A conditional distribution whose parameters are computed by networks.
public struct Conditional: Sendable, Equatable {
  /// The family.
  public var distribution: Distribution
  /// The numbers of the variables it is fed with, joined on the last axis in that order.
  public var given: [Int]
  /// The covariates that are joined to that, in this order.
  public var covariates: [String] = []
  /// A stack that all parameters share.
  public var trunk: Stack?
  /// The parameters by name.
  public var parameters: [ParameterName: Parameter]
  /// Bins of a discretised distribution.
  public var bins = 256
  /// Of a likelihood of counts, what its mean is multiplied by.
  public var exposure: Exposure?
  /// Of a negative binomial, what is added to mean and dispersion inside logarithms; reproduces a framework's number.
  public var epsilon = 0.0
  /// Steps applied to a posterior's sample, in order.
  public var flow: [FlowStep] = []

  /// A conditional.
  public init(
    _ distribution: Distribution, given: [Int], trunk: Stack? = nil, parameters: [ParameterName: Parameter]
  ) {
    self.distribution = distribution
    self.given = given
    self.trunk = trunk
    self.parameters = parameters
  }
}

/// A parameter of a conditional.
public enum Parameter: Sendable, Equatable {
  /// Computed from the trunk's output, or from the conditional's input where there is no trunk.
  case stack(Stack)
  /// A scalar, or of the variable's shape; `by` a covariate, one of these for each category.
  case constant(Tensor)
}

/// A step of a normalizing flow on the posterior.
public enum FlowStep: Sendable, Equatable {
  /// z + u · tanh(w·z + b) (Rezende, Mohamed 2015), with u as stored.
  case planar(u: Tensor, w: Tensor, b: Float)
  /// Elements where mask = 0 become z · exp(logScale) + shift, both computed from mask · z (Dinh et al. 2017).
  case affineCoupling(mask: Tensor, shift: Stack, logScale: Stack)
  /// z · exp(logScale(z)) + shift(z), with autoregressive stacks (Kingma et al. 2016).
  case inverseAutoregressive(shift: Stack, logScale: Stack)
}

/// p(z_L).
public enum Prior: Sendable, Equatable {
  /// N(0, I).
  case standardNormal
  /// Independent normals; `scale` is stored in the form of its name.
  case normal(mean: Tensor, scaleName: ParameterName, scale: Tensor)
  /// A mixture of independent normals: [c, d] each; logits [c], uniform when absent.
  case normalMixture(logits: Tensor?, mean: Tensor, scaleName: ParameterName, scale: Tensor)
  /// The mixture of q(z | u_c) over pseudo-inputs [c, input shape] (Tomczak, Welling 2018). One stochastic layer.
  case vampPrior(logits: Tensor?, pseudoInputs: Tensor)
}

/// Something wrong with a model, and where.
public struct ModelProblem: Sendable, Equatable, CustomStringConvertible {
  /// The path inside the model file, such as `/encoder/1/trunk/0/weight`.
  public var path: String
  /// What is wrong, what was expected and what was found.
  public var message: String

  /// A problem at a path.
  public init(path: String, _ message: String) {
    self.path = path
    self.message = message
  }

  /// Path and message in one line.
  public var description: String { "\(path): \(message)" }
}
