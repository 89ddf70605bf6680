import JSON
import Models
import Testing

@testable import KerasImport

extension KerasTests {
  @Suite struct Text {
    static func parse(_ text: String) throws -> JSONValue { try JSONParser.parse([UInt8](text.utf8), file: "t.json") }

    @Test func readsValues() throws {
      let value = try Self.parse(
        #" {"a": [1, -2.5e3, true, null], "b": {"c": "x\n\u00e9\ud83d\ude00"}, "d": Infinity} "#)
      #expect(value["a"]?.array == [.number(1), .number(-2500), .bool(true), .null])
      #expect(value["b"]?["c"]?.string == "x\né😀")
      #expect(value["d"]?.double == .infinity)
      #expect(try Self.parse("NaN").double?.isNaN == true)
    }

    @Test(arguments: [
      "", "{", "[1,]", #"{"a" 1}"#, #"{"a": 1,}"#, "[1 2]", "tru", #""abc"#, #""\x""#, "1 2", "+1", "{]", #""\ud8"#,
      "-", "01", "1.", ".5", "1e", "--1", "-+1", #""\u+123""#,
    ])
    func refuses(_ text: String) {
      let error = #expect(throws: ImportError.self) { try Self.parse(text) }
      #expect(error?.code == .badJSON)
    }

    @Test func refusesBytesThatAreNoText() {
      for byte in [0x80, 0xC0, 0xF5, 0xFF] as [UInt8] {
        #expect(throws: ImportError.self) { try JSONParser.parse([0x22, 0x61, byte, 0x22], file: "t.json") }
      }
    }

    @Test(arguments: ["[", #"{"a":"#]) func refusesDeepNesting(_ open: String) {
      let error = #expect(throws: ImportError.self) { try Self.parse(String(repeating: open, count: 10_000)) }
      #expect(error?.message.contains("nested too deeply") == true)
    }

    @Test func bracketsInStringsAreNotNesting() throws {
      let text = "\"" + String(repeating: "[", count: 10_000) + "\\\"\""
      #expect(try Self.parse(text).string?.count == 10_001)
    }

    @Test(arguments: [
      ("Conv2DTranspose", "conv2d_transpose"), ("LeakyReLU", "leaky_re_lu"), ("PReLU", "p_re_lu"), ("ELU", "elu"),
      ("BatchNormalization", "batch_normalization"), ("UpSampling2D", "up_sampling2d"), ("Functional", "functional"),
      ("VAE", "vae"), ("MaxPooling2D", "max_pooling2d"), ("GlobalAveragePooling2D", "global_average_pooling2d"),
    ])
    func spellsClassesAsKerasDoes(_ className: String, _ group: String) {
      #expect(TreeWeights.snakeCase(className) == group)
    }

    @Test func readsReferencesOfAllDialects() throws {
      let nodes = InboundNodes(file: "t", names: ["a", "b"])
      func inputs(_ text: String) throws -> [KerasTensor] { nodes.references(in: try Self.parse(text)) }
      let a = KerasTensor(layer: "a", call: 1, output: 2)
      #expect(try inputs(#"["a", 1, 2]"#) == [a])
      #expect(try inputs(#"[["a", 1, 2], ["b", 0, 0, {}]]"#).map(\.layer) == ["a", "b"])
      #expect(
        try inputs(#"[{"class_name": "__keras_tensor__", "config": {"keras_history": ["a", 1, 2]}}]"#) == [a])
      #expect(try inputs(#"["unknown", 0, 0]"#).isEmpty)
    }

    @Test(arguments: [
      ("z_mean", UsualNames.Role.mean), ("mu", .mean), ("encoder_mu", .mean), ("z_log_var", .scale(.logVariance)),
      ("logvar", .scale(.logVariance)), ("z_log_sigma_sq", .scale(.logVariance)), ("z_log_sigma", .scale(.logScale)),
      ("z_sigma", .scale(.scale)), ("log_std", .scale(.logScale)), ("dense_3", nil), ("multiply", nil),
    ])
    func knowsUsualNames(_ name: String, _ role: UsualNames.Role?) { #expect(UsualNames.role(name) == role) }
  }
}
