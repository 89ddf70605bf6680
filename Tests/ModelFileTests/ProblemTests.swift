import HDF5
import ModelFile
import Models
import Networks
import Testing

/// Each thing that can be wrong with a model file, and what is said about it.
@Suite struct ProblemTests {
  /// A change to a good model, and all that the reader then says.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var model = Models.twoLayers
    var renamed: [String: String?] = [:]
    var change: @Sendable (Group) throws -> Void = { _ in }
    var problems: [String]

    init(
      _ name: String, _ model: ModelDescription = Models.twoLayers, renamed: [String: String?] = [:],
      change: @escaping @Sendable (Group) throws -> Void = { _ in }, problems: String...
    ) {
      testDescription = name
      self.model = model
      self.renamed = renamed
      self.change = change
      self.problems = problems
    }
  }

  static let root: [Case] = [
    Case(
      "another format", change: { try $0.setAttribute("format", "evidence-results") },
      problems:
        "/: attribute format is \"evidence-results\"; expected \"evidence-model\""),
    Case(
      "another version", change: { try $0.setAttribute("version", 3) },
      problems:
        "/: unknown format version 3; expected 1 or 2"),
    Case(
      "a version in words", change: { try $0.setAttribute("version", "one") },
      problems:
        "/: attribute version is of the wrong type; expected a whole number, found string"),
    Case("no input", renamed: ["/input": nil], problems: "/input: the group is missing"),
    Case("no encoder", renamed: ["/encoder": nil], problems: "/encoder: the group is missing"),
    Case(
      "a misspelt prior", renamed: ["/prior": "piror"],
      problems:
        "/piror: unknown group in the root; did you mean prior?"),
    Case(
      "a shape of nothing", change: { try $0.group("input").setAttribute("shape", [28, 0]) },
      problems:
        "/input: attribute shape is [28, 0]; expected positive numbers"),
    Case(
      "a shape of too much", change: { try $0.group("input").setAttribute("shape", [1 << 40, 1 << 40]) },
      problems:
        "/input: attribute shape is [1099511627776, 1099511627776]; expected positive numbers"),
    Case(
      "division by zero", change: { try $0.group("input").setAttribute("divide_by", 0) },
      problems:
        "/input: attribute divide_by is 0.0; expected a number above 0"),
    Case(
      "unknown binarization", change: { try $0.group("input").setAttribute("binarize", "treshold") },
      problems:
        "/input: unknown binarize \"treshold\"; did you mean \"threshold\"?"),
    Case(
      "unknown data format", change: { try $0.setAttribute("data_format", "NCHW") },
      problems:
        "/: unknown data_format \"NCHW\"; expected channels_last or channels_first"),
    Case(
      "fewer decoders", renamed: ["/decoder/2": nil],
      problems:
        "/decoder: has 1 conditional, but /encoder has 2; expected one of each for every stochastic layer"),
    Case(
      "encoders with a gap", renamed: ["/encoder/2": "3"],
      problems:
        "/encoder: conditionals must be numbered from 1 without gaps; found 1, 3"),
  ]

  static let conditionals: [Case] = [
    Case(
      "a misspelt parameter", renamed: ["/encoder/1/log_variance": "logvar"],
      problems:
        "/encoder/1/logvar: unknown group in a conditional with distribution \"normal\"; did you mean log_variance?"),
    Case(
      "another misspelt parameter", renamed: ["/encoder/1/log_variance": "log_varaince"],
      problems:
        "/encoder/1/log_varaince: unknown group in a conditional with distribution \"normal\"; did you mean log_variance?"
    ),
    Case(
      "a missing parameter", renamed: ["/encoder/1/log_variance": nil],
      problems:
        "/encoder/1: log_variance, log_scale, scale or variance is missing"),
    Case(
      "two names for one parameter", change: { try $0.group("encoder/1").add("scale", [1, 1]) },
      problems:
        "/encoder/1: has log_variance and scale; expected exactly one of them"),
    Case(
      "no distribution", change: { try $0.group("encoder/1").setAttribute("distribution", "gaussian") },
      problems:
        "/encoder/1: unknown distribution \"gaussian\"; expected \(list)"),
    Case(
      "a misspelt distribution", change: { try $0.group("decoder/1").setAttribute("distribution", "Bernouli") },
      problems: "/decoder/1: unknown distribution \"Bernouli\"; did you mean \"bernoulli\"?"),
    Case(
      "a distribution that is a number", change: { try $0.group("decoder/1").setAttribute("distribution", 3) },
      problems: "/decoder/1: attribute distribution is of the wrong type; expected a string, found int64"),
    Case(
      "latents that are coins",
      change: { root in
        try root.group("encoder/1").setAttribute("distribution", "poisson")
      },
      problems:
        "/encoder/1: distribution \"poisson\" can't be that of a latent variable; expected normal, full-normal or laplace",
      "/encoder/1/log_variance: unknown group in a conditional with distribution \"poisson\"",
      "/encoder/1/mean: unknown group in a conditional with distribution \"poisson\"",
      "/encoder/1: log_rate or rate is missing"),
    Case(
      "given to itself", change: { try $0.group("encoder/1").setAttribute("given", [0, 1]) },
      problems:
        "/encoder/1: attribute given is [0, 1]; expected different numbers in 0 … 2 other than 1"),
    Case(
      "given what is below", change: { try $0.group("decoder/2").setAttribute("given", [1]) },
      problems:
        "/decoder/2: attribute given is [1]; expected different numbers in 2 … 2"),
    Case(
      "given nothing", change: { try $0.group("decoder/2").setAttribute("given", [] as [Int]) },
      problems:
        "/decoder/2: attribute given is []; expected different numbers in 2 … 2"),
    Case(
      "given twice", change: { try $0.group("decoder/1").setAttribute("given", [1, 1]) },
      problems:
        "/decoder/1: attribute given is [1, 1]; expected different numbers in 1 … 2"),
    Case(
      "encoders in a circle", change: { try $0.group("encoder/1").setAttribute("given", [0, 2]) },
      problems:
        "/encoder: the encoders are given each other in a circle: z1 from x and z2, z2 from z1"),
    Case(
      "a flow in a decoder", change: { _ = try $0.createGroup("decoder/1/flow") },
      problems:
        "/decoder/1/flow: a flow belongs to an encoder"),
    Case(
      "a negative scale", renamed: ["/encoder/1/log_variance": nil],
      change: { root in
        try root.group("encoder/1").add("scale", [1, -2])
      }, problems: "/encoder/1/scale: holds -2.0 at [1]; expected more than 0"),
    Case(
      "one bin",
      {
        var model = Models.oneLayer
        model.decoders[0] = Conditional(
          .discretizedLogistic, given: [1],
          parameters: [.mean: .stack(Stack([Models.dense(2, 4)])), .logScale: .constant(Tensor([0]))])
        model.decoders[0].bins = 1
        return model
      }(), problems: "/decoder/1: attribute bins is [1]; expected 1 whole number, 2 or more each"),
  ]

  static let list =
    Distribution.allCases.map(\.rawValue).dropLast().joined(separator: ", ")
    + " or zero-inflated-negative-binomial"

  static let flows: [Case] = {
    func model(_ step: FlowStep) -> ModelDescription {
      var model = Models.oneLayer
      model.encoders[0].flow = [step]
      return model
    }
    return [
      Case(
        "an unknown flow", model(.planar(u: Tensor([1]), w: Tensor([1]), b: 0)),
        change: { root in
          try root.group("encoder/1/flow/0").setAttribute("flow", "radial")
        },
        problems:
          "/encoder/1/flow/0: unknown flow \"radial\"; expected planar, affine-coupling or inverse-autoregressive"),
      Case(
        "vectors of different size", model(.planar(u: Tensor([1, 2]), w: Tensor([1]), b: 0)),
        problems:
          "/encoder/1/flow/0/w: has the shape [1]; expected [2] as u has"),
      Case(
        "a mask of halves", model(.affineCoupling(mask: Tensor([0, 0.5]), shift: Stack(), logScale: Stack())),
        problems: "/encoder/1/flow/0/mask: holds 0.5 at [1]; expected 0 or 1"),
      Case(
        "a flow without its shift", model(.inverseAutoregressive(shift: Stack(), logScale: Stack())),
        renamed: ["/encoder/1/flow/0/shift": nil], problems: "/encoder/1/flow/0/shift: the group is missing"),
    ]
  }()

  @Test(arguments: root + conditionals + flows) func problem(example: Case) throws { try expect(example) }

  @Test func severalProblemsAtOnce() throws {
    try expect(
      Case(
        "several", renamed: ["/encoder/2/mean": nil, "/decoder/1/logits/0/bias": "biass"],
        change: { root in
          try root.group("encoder/1/trunk/0").setAttribute("activation", "thanh")
          try root.group("input").setAttribute("divide_by", -1)
        },
        problems:
          "/input: attribute divide_by is -1.0; expected a number above 0",
        "/encoder/1/trunk/0: unknown activation \"thanh\"; did you mean \"tanh\"?",
        "/encoder/2: mean is missing",
        "/decoder/1/logits/0/biass: unknown dataset in a layer \"dense\"; did you mean bias?"))
  }

  @Test func otherFilesAreNotModels() throws {
    let file = try File(inMemory: "data.h5")
    try file.root.add("images", [1])
    let error = try #require(throws: ModelFileError.self) { _ = try ModelFile.read(file) }
    #expect(
      error.description == "data.h5: /: attribute format is missing: not a model file; expected \"evidence-model\"")
  }

  func expect(_ example: Case) throws {
    let good = try File(inMemory: "model.h5")
    try ModelFile.write(example.model, to: good)
    let changed = try copy(good) { path in
      if let name = example.renamed[path] { return name }
      return String(path.split(separator: "/").last ?? "")
    }
    try example.change(changed.root)
    let error = try #require(throws: ModelFileError.self) { _ = try ModelFile.parse(changed) }
    #expect(error.problems.map(\.description) == example.problems)
  }
}
