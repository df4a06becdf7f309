#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"
#include "tests/signatures/made_signature.hpp"

namespace dspex::test::property {

namespace {

TEST(SignatureProperty, PrintsWhatItReadsAndAcceptsWhatFits) {
  for (uint32_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    maker make{seed};
    std::string text;
    auto values = json::object();
    auto add_side = [&](const std::string& prefix) {
      auto count = 1 + make.below(4);
      for (size_t i = 0; i < count; ++i) {
        auto name = prefix + std::to_string(i);
        auto type = make.make_type(0);
        text += (i > 0 ? ", " : "") + name + ": " + type.text;
        if (auto description = make.make_text().get<std::string>();
            !description.empty())
          text += ' ' + maker::quote(description, '"');
        if (prefix == "in")
          values[name] = type.make_value();
      }
    };
    add_side("in");
    text += " -> ";
    add_side("out");

    auto sig = any_signature::parse(text);
    ASSERT_TRUE(sig) << sig.error().message;
    EXPECT_EQ(sig->to_text(), text);
    auto again = any_signature::from_json(sig->to_json(side::inputs),
                                          sig->to_json(side::outputs));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->to_text(), text);
    EXPECT_EQ(*again, *sig);
    EXPECT_EQ(again->inputs(), sig->inputs());

    auto before = values;
    EXPECT_TRUE(sig->fits(side::inputs, values));
    EXPECT_EQ(dump_json(values), dump_json(before));
    auto problems = sig->validate(side::inputs, values);
    for (auto& p : problems)
      ADD_FAILURE() << p.message << "\n  " << text;
    EXPECT_EQ(values, before);

    values["stranger"] = 1;
    EXPECT_EQ(sig->validate(side::inputs, values).size(), 1u);
  }
}

TEST(SignatureProperty, RefusesWhatIsWrongAtItsPlace) {
  for (uint32_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    maker make{seed};
    auto type = make.make_type(0);
    auto sig = any_signature::parse("good: " + type.text + ", a: " + type.text
                                    + " -> b");
    ASSERT_TRUE(sig) << sig.error().message;
    auto wrong = type.make_wrong();
    json values{{"good", type.make_value()}, {"a", wrong.value}};
    EXPECT_FALSE(sig->fits(side::inputs, values));
    auto problems = sig->validate(side::inputs, values);
    ASSERT_FALSE(problems.empty()) << type.text << "\n"
                                   << dump_json(wrong.value);
    for (auto& p : problems)
      EXPECT_EQ(p.pointer, "/a" + wrong.pointer) << p.message << "\n"
                                                 << type.text;
  }
}

TEST(SignatureProperty, NeverAcceptsATextWithAByteMissingAsTheSame) {
  std::string text = "a: int(max=9, min=0) \"x\", b: literal['x', 1] -> "
                     "c: list[str | none](unique=true)";
  auto whole = any_signature::parse(text);
  ASSERT_TRUE(whole);
  for (size_t i = 0; i < text.size(); ++i) {
    auto damaged = text;
    damaged.erase(i, 1);
    if (text[i] == ' ')
      continue;
    auto result = any_signature::parse(damaged);
    if (result)
      EXPECT_NE(*result, *whole) << damaged;
    else
      EXPECT_FALSE(result.error().message.empty());
  }
}

} // namespace

} // namespace dspex::test::property
