import type { signIn as english } from '../en/sign-in.ts'
import type { Translated } from '../messages.ts'

export const signIn: Translated<typeof english> = {
  title: '登录 Nacelle',
  again: '会话已结束。请重新登录,然后从原处继续。',
  user: '用户名',
  password: '密码',
  submit: '登录',
  firstTitle: '初始化设备',
  firstText:
    '目前还没有任何账号。请使用设备控制台和系统日志(journalctl --unit nacelle)中显示的一次性代码创建第一个管理员。',
  code: '一次性代码',
  repeat: '再次输入密码',
  passwordsDiffer: '两次输入的密码不一致。',
  passwordHint: '至少 {{count}} 个字符。',
  firstSubmit: '创建管理员',
}
