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

    def worded(self, phrase: Phrase, mark: Callable[[str, str], str] = lambda kind, text: text) -> str:
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
            return language.worded(value, self.mark)
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
        "stretches": {"one": "{n} segment", "other": "{n} segments"},
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
        "seen": "Analysed: {start:clock} to {stop:clock}, {length:length}.",
        "seen set": "Analysed: {clips:clips}, {length:length} in total.",
        "nothing": "No label is certain at any moment.",
        "covered": "{length:length} are labelled, {share:share} of the time: {count:stretches} of {labels:labels}; "
        "nothing is certain for {rest:length}.",
        "covered all": "The whole time is labelled: {count:stretches} of {labels:labels}.",
        "when": "What happens when",
        "when set": "What happens in which clip",
        "stretch": "{start:clock} to {stop:clock}: {label:label}, {length:length}{sure:told}.",
        "more": "And {count:stretches} more.",
        "more clips": "And {count:clips} more.",
        "clip": "{name:name}: mostly {label:label}, {length:length} of {whole:length}; {count:stretches}.",
        "clip nothing": "{name:name}: nothing certain in {whole:length}.",
        "how": "How often, how long, how confident",
        "once": "{label:label}: {count:times}, from {at:clock}, for {total:length} ({share:share} of the time)"
        "{sure:told}.",
        "often": "{label:label}: {count:times}, {total:length} in total ({share:share} of the time), {mean:length} on "
        "average, {longest:length} at most (from {at:clock}){sure:told}.",
        "often set": "{label:label}: {count:times} in {clips:clips}, {total:length} in total ({share:share} of the "
        "time), {mean:length} on average, {longest:length} at most (in {name:name}, from {at:clock}){sure:told}.",
        "sure": ", confidence {sure:share}",
        "sure unknown": "",
        "unusual": "What is unusual",
        "usual": "Nothing, by the rules below.",
        "rare": "Rare: {label:label} from {at:clock}, for {length:length}.",
        "long": "Very long: {label:label} from {at:clock}, {length:length}, which is {times:ratio} times its "
        "median duration of {usual:length}.",
        "unsure": "Low confidence: {label:label} from {at:clock}, for {length:length}, confidence {sure:share}.",
        "gap": "Nothing certain: from {at:clock}, for {length:length}.",
        "in clip": "{name:name}. {told:told}",
        "first": "What to review first",
        "look": "{at:clock}: {label:label}, {length:length}, confidence {sure:share}, {doubt:length} in doubt.",
        "no doubt": "Nothing is in doubt.",
        "no sureness": "These labels have no confidence. Start with what is unusual.",
        "rules": "The rules",
        "rule rare": "Rare: a label with a single segment, shorter than {share:share} of the time, among at least "
        "{labels:labels}.",
        "rule long": "Very long: at least {times:ratio} times the median duration of its label, which has at least "
        "{count:stretches}.",
        "rule unsure": "Low confidence: below {sure:share}, so that all other labels together are more probable.",
        "rule gap": "Nothing certain: for at least {share:share} of the clip, and for at least {length:length}.",
        "rule first": "What to review first: sorted by the seconds in doubt, which are the duration times one minus "
        "the confidence.",
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
        "stretches": {"other": "{n} 个片段"},
        "labels": {"other": "{n} 个标签"},
        "clips": {"other": "{n} 个视频"},
    },
    phrases={
        "seconds": "{s} 秒",
        "minutes": "{m} 分 {s} 秒",
        "hours": "{h} 小时 {m} 分",
        "percent": "{n}%",
        "title": "{name:name} 中发生了什么",
        "title set": "{clips:clips}中发生了什么",
        "author": "标签来源：{author:name}。",
        "seen": "分析范围：{start:clock} 至 {stop:clock}，共 {length:length}。",
        "seen set": "分析范围：{clips:clips}，总时长 {length:length}。",
        "nothing": "任何时刻都没有可确定的标签。",
        "covered": "共有 {labels:labels}、{count:stretches}，总时长 {length:length}，占 {share:share}；"
        "其余 {rest:length}无法确定。",
        "covered all": "全部时间均有标签：{labels:labels}，{count:stretches}。",
        "when": "各时段的动作",
        "when set": "各视频的动作",
        "stretch": "{start:clock} 至 {stop:clock}：{label:label}，{length:length}{sure:told}。",
        "more": "另有 {count:stretches}未列出。",
        "more clips": "另有 {count:clips}未列出。",
        "clip": "{name:name}：以 {label:label} 为主，{length:length} / {whole:length}；共 {count:stretches}。",
        "clip nothing": "{name:name}：{whole:length}内没有可确定的标签。",
        "how": "次数、时长与置信度",
        "once": "{label:label}：{count:times}，始于 {at:clock}，总时长 {total:length}（占 {share:share}）{sure:told}。",
        "often": "{label:label}：{count:times}，总时长 {total:length}（占 {share:share}），平均 {mean:length}，"
        "最长 {longest:length}（始于 {at:clock}）{sure:told}。",
        "often set": "{label:label}：在 {clips:clips}中出现 {count:times}，总时长 {total:length}（占 {share:share}），"
        "平均 {mean:length}，最长 {longest:length}（{name:name}，始于 {at:clock}）{sure:told}。",
        "sure": "，置信度 {sure:share}",
        "sure unknown": "",
        "unusual": "异常情况",
        "usual": "按以下规则，未发现异常。",
        "rare": "罕见：{label:label}，始于 {at:clock}，时长 {length:length}。",
        "long": "过长：{label:label}，始于 {at:clock}，时长 {length:length}，"
        "是中位时长 {usual:length} 的 {times:ratio} 倍。",
        "unsure": "置信度低：{label:label}，始于 {at:clock}，时长 {length:length}，置信度 {sure:share}。",
        "gap": "无法确定：始于 {at:clock}，时长 {length:length}。",
        "in clip": "{name:name}。{told:told}",
        "first": "建议优先检查",
        "look": "{at:clock}：{label:label}，时长 {length:length}，置信度 {sure:share}，存疑 {doubt:length}。",
        "no doubt": "没有存疑的片段。",
        "no sureness": "这些标签没有置信度，请先检查异常情况。",
        "rules": "规则",
        "rule rare": "罕见：只出现一次、时长占比低于 {share:share} 的标签，且至少有 {labels:labels}。",
        "rule long": "过长：时长至少为同一标签中位时长的 {times:ratio} 倍，且该标签至少有 {count:stretches}。",
        "rule unsure": "置信度低：置信度低于 {sure:share}，即其他标签的概率之和更大。",
        "rule gap": "无法确定：至少占视频的 {share:share}，且不短于 {length:length}。",
        "rule first": "建议优先检查：按存疑秒数排序，即时长乘以（1 − 置信度）。",
        "chapter": "{label:label}{sure:told}",
        "chapter gap": "无法确定",
    },
)

LANGUAGES = {language.name: language for language in (ENGLISH, CHINESE)}
