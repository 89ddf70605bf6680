import TestSupport
import Testing

@Suite struct InspectTests {
  @Test func model() throws {
    let run = try Executable.evidence.run(
      "inspect", "digits-iwae-2l.h5", in: Repository.path("Sources/EvidenceCommand/Resources"))
    #expect(run.status == 0 && run.error.isEmpty)
    for line in [
      "parameters     24 336", "multiply-adds  13 568 for each draw, 10 240 once for each example",
      "conditional       layer            output  parameters  activation",
      "q(z1 | x)         normal                       10 400",
      "  trunk/0         dense            [64]         4 160  tanh",
      "  log_variance/0  dense            [8]            264", "p(z2)             standard normal                   0",
    ] {
      #expect(run.output.split(separator: "\n").contains(Substring(line)), "\(line)")
    }
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func modelAsJSON() throws {
    let run = try Executable.evidence.run("inspect", Repository.digitsModel, "--format", "json")
    let object = try NLLJSONTests.object(run.output)
    #expect(object["kind"] as? String == "model")
    #expect(object["parameters"] as? Int == 24336)
    #expect((object["conditionals"] as? [[String: Any]])?.count == 5)
  }

  @Test func data() throws {
    let run = try Executable.evidence.run("inspect", Repository.digits)
    #expect(run.status == 0)
    #expect(run.output.contains("  /images  [599, 8, 8]  uint8  chunks of 100 rows  0 to 16\n"))
    #expect(run.output.contains("  /labels  [599]        uint8  in one piece        0 to 9\n"))
  }
}
