"""Languages of reports: one mechanism for all, and for each a table of phrases, nouns and signs.

A phrase is a template such as "{label:label}: {count:times}". What stands after the colon says how the value is told:
clock, length, share, ratio, label, name, told (a phrase inside a phrase), or a noun, of which the value is the count:
its form follows from the plural rule of the language. Another language is one Language below; a test holds that all
have the same phrases with the same values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any


@dataclass(frozen=True)
class Phrase:
    """A sentence before its language is known: a key of Language.phrases, and its values."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Language:
    """How one language tells things.

    plural: the category of a count, one of the keys of each noun. minute_digits: of a clock below one hour.
    group: sign between thousands. nouns: by category, with the count as {n}.
    """

    name: str
    title: str
    plural: Callable[[int], str]
    minute_digits: int
    group: str
    nouns: Mapping[str, Mapping[str, str]]
    phrases: Mapping[str, str]

    def told(self, phrase: Phrase, mark: Callable[[str, str], str] = lambda kind, text: text) -> str:
        """A phrase in this language. mark(kind, text) makes markup of what is no template: "label" or "name"."""
        return _Teller(self, mark).vformat(self.phrases[phrase.key], (), phrase.values)

    def number(self, whole: int) -> str:
        """A whole number."""
        return f"{whole:,}".replace(",", self.group)

    def counted(self, whole: int, noun: str) -> str:
        """A count with its noun."""
        return self.nouns[noun][self.plural(whole)].replace("{n}", self.number(whole))

    def clock(self, time_s: float) -> str:
        """A moment, with tenths of a second."""
        minutes, tenths = divmod(round(time_s * 10), 600)
        tail = f"{tenths / 10:04.1f}"
        if minutes < 60:
            return f"{minutes:0{self.minute_digits}}:{tail}"
        return f"{minutes // 60}:{minutes % 60:02}:{tail}"

    def length(self, seconds: float) -> str:
        """How long something lasts, as exact as it matters."""
        if seconds < 59.95:
            return self.phrases["seconds"].format(s=f"{seconds:.2f}" if seconds < 1 else f"{seconds:.1f}")
        minutes, rest = divmod(round(seconds), 60)
        if minutes < 60:
            return self.phrases["minutes"].format(m=minutes, s=rest)
        return self.phrases["hours"].format(h=self.number(minutes // 60), m=minutes % 60)

    def share(self, value: float) -> str:
        """A part of one in hundredths, with a decimal where it is below one."""
        percent = f"{100 * value:.1f}" if 0 < value < 0.01 else f"{100 * value:.0f}"
        return self.phrases["percent"].format(n=percent)


class _Teller(Formatter):
    """Fills templates; what stands after the colon is how the value is told."""

    def __init__(self, language: Language, mark: Callable[[str, str], str]):
        self.language, self.mark = language, mark

    def format_field(self, value: Any, format_spec: str) -> str:
        language = self.language
        if format_spec in ("label", "name"):
            return self.mark(format_spec, " ".join(value.split()))
        if format_spec == "told":
            return language.told(value, self.mark)
        if format_spec == "ratio":
            return f"{value:.1f}"
        if format_spec in ("clock", "length", "share"):
            return getattr(language, format_spec)(value)
        return language.counted(value, format_spec)


ENGLISH = Language(
    "en",
    "English",
    plural=lambda count: "one" if count == 1 else "other",
    minute_digits=1,
    group="\u202f",
    nouns={
        "times": {"one": "once", "other": "{n} times"},
        "stretches": {"one": "{n} stretch", "other": "{n} stretches"},
        "labels": {"one": "{n} label", "other": "{n} labels"},
        "clips": {"one": "{n} clip", "other": "{n} clips"},
    },
    phrases={
        "seconds": "{s} s",
        "minutes": "{m} min {s} s",
        "hours": "{h} h {m} min",
        "percent": "{n} %",
        "title": "What happens in {name:name}",
        "title set": "What happens in {clips:clips}",
        "author": "Labels by: {author:name}.",
        "seen": "Looked at: {start:clock} to {stop:clock}, {length:length}.",
        "seen set": "Looked at: {clips:clips}, {length:length} together.",
        "nothing": "No label is certain anywhere.",
        "covered": "{length:length} are labelled, {share:share} of it: {count:stretches} of {labels:labels}; for "
        "{rest:length} nothing is certain.",
        "covered all": "All of it is labelled: {count:stretches} of {labels:labels}.",
        "when": "What happens when",
        "when set": "What happens in which clip",
        "stretch": "{start:clock} to {stop:clock}: {label:label}, {length:length}{sure:told}.",
        "more": "And {count:stretches} more.",
        "more clips": "And {count:clips} more.",
        "clip": "{name:name}: mostly {label:label}, {length:length} of {whole:length}; {count:stretches}.",
        "clip nothing": "{name:name}: nothing certain in {whole:length}.",
        "how": "How often, how long, how sure",
        "once": "{label:label}: {count:times}, from {at:clock}, for {total:length} ({share:share} of the time)"
        "{sure:told}.",
        "often": "{label:label}: {count:times}, {total:length} in all ({share:share} of the time), {mean:length} on "
        "average, {longest:length} at most, from {at:clock}{sure:told}.",
        "often set": "{label:label}: {count:times} in {clips:clips}, {total:length} in all ({share:share} of the "
        "time), {mean:length} on average, {longest:length} at most, in {name:name} from {at:clock}{sure:told}.",
        "sure": ", {sure:share} sure",
        "sure unknown": "",
        "unusual": "What is unusual",
        "usual": "Nothing is, by the rules below.",
        "rare": "Rare: {label:label} from {at:clock}, for {length:length}.",
        "long": "Very long: {label:label} from {at:clock}, {length:length}, which is {times:ratio} times its usual "
        "{usual:length}.",
        "unsure": "Very unsure: {label:label} from {at:clock}, for {length:length}, {sure:share} sure.",
        "gap": "Nothing certain: from {at:clock}, for {length:length}.",
        "in clip": "{name:name}. {told:told}",
        "first": "Where to look first",
        "look": "{at:clock}: {label:label}, {length:length}, {sure:share} sure, so {doubt:length} in doubt.",
        "no doubt": "Nothing is in doubt.",
        "no sureness": "Nobody said how sure the labels are. Begin with what is unusual.",
        "rules": "The rules",
        "rule rare": "Rare: a label that is seen only once, for less than {share:share} of the time, among at least "
        "{labels:labels}.",
        "rule long": "Very long: at least {times:ratio} times the median of its label, which has at least "
        "{count:stretches}.",
        "rule unsure": "Very unsure: below {sure:share} sure, so that all other labels together are likelier.",
        "rule gap": "Nothing certain: for at least {share:share} of the clip, and for at least {length:length}.",
        "rule first": "Where to look first: by the seconds in doubt, which are the length times what is missing to "
        "full sureness.",
        "chapter": "{label:label}{sure:told}",
        "chapter gap": "nothing certain",
    },
)

CHINESE = Language(
    "zh",
    "中文",
    plural=lambda count: "other",
    minute_digits=2,
    group=",",
    nouns={
        "times": {"other": "{n} 次"},
        "stretches": {"other": "{n} 段"},
        "labels": {"other": "{n} 个标签"},
        "clips": {"other": "{n} 个视频"},
    },
    phrases={
        "seconds": "{s} 秒",
        "minutes": "{m} 分 {s} 秒",
        "hours": "{h} 小时 {m} 分",
        "percent": "{n}%",
        "title": "{name:name} 里发生了什么",
        "title set": "{clips:clips}里发生了什么",
        "author": "标签来自：{author:name}。",
        "seen": "查看范围：{start:clock} 至 {stop:clock}，共 {length:length}。",
        "seen set": "查看范围：{clips:clips}，合计 {length:length}。",
        "nothing": "没有任何一处能确定标签。",
        "covered": "{labels:labels}共 {count:stretches}，合计 {length:length}，占 {share:share}；其余 {rest:length}"
        "无法确定。",
        "covered all": "{labels:labels}共 {count:stretches}，占全部时间。",
        "when": "什么时候发生什么",
        "when set": "哪个视频里发生什么",
        "stretch": "{start:clock} 至 {stop:clock}：{label:label}，{length:length}{sure:told}。",
        "more": "另有 {count:stretches}。",
        "more clips": "另有 {count:clips}。",
        "clip": "{name:name}：主要是 {label:label}，{length:length} / {whole:length}；共 {count:stretches}。",
        "clip nothing": "{name:name}：{whole:length} 内没有能确定的标签。",
        "how": "多少次、多长、多确定",
        "once": "{label:label}：{count:times}，从 {at:clock} 起，{total:length}（占时间的 {share:share}）{sure:told}。",
        "often": "{label:label}：{count:times}，合计 {total:length}（占时间的 {share:share}），平均 {mean:length}，"
        "最长 {longest:length}，从 {at:clock} 起{sure:told}。",
        "often set": "{label:label}：{clips:clips}中 {count:times}，合计 {total:length}（占时间的 {share:share}），"
        "平均 {mean:length}，最长 {longest:length}，在 {name:name} 从 {at:clock} 起{sure:told}。",
        "sure": "，确定程度 {sure:share}",
        "sure unknown": "",
        "unusual": "不寻常之处",
        "usual": "按下面的规则，没有不寻常之处。",
        "rare": "少见：{label:label}，从 {at:clock} 起，{length:length}。",
        "long": "特别长：{label:label}，从 {at:clock} 起，{length:length}，是平常 {usual:length} 的 {times:ratio} 倍。",
        "unsure": "很不确定：{label:label}，从 {at:clock} 起，{length:length}，确定程度 {sure:share}。",
        "gap": "无法确定：从 {at:clock} 起，{length:length}。",
        "in clip": "{name:name}。{told:told}",
        "first": "先看哪里",
        "look": "{at:clock}：{label:label}，{length:length}，确定程度 {sure:share}，存疑 {doubt:length}。",
        "no doubt": "没有存疑之处。",
        "no sureness": "没有人说明标签有多确定。请从不寻常之处看起。",
        "rules": "规则",
        "rule rare": "少见：只出现一次，时间不到 {share:share}，且至少有 {labels:labels}。",
        "rule long": "特别长：至少是同一标签中位数的 {times:ratio} 倍，且该标签至少有 {count:stretches}。",
        "rule unsure": "很不确定：确定程度低于 {sure:share}，即其他标签合起来更可能。",
        "rule gap": "无法确定：至少占视频的 {share:share}，且至少 {length:length}。",
        "rule first": "先看哪里：按存疑的秒数排列，即时长乘以离完全确定还差的部分。",
        "chapter": "{label:label}{sure:told}",
        "chapter gap": "无法确定",
    },
)

LANGUAGES = {language.name: language for language in (ENGLISH, CHINESE)}
